"""The launcher that ships keeps the contract of launchers."""

from __future__ import annotations

import pytest

from hpo.testing import LauncherContract

pytestmark = pytest.mark.thorough


class TestLocalLauncher(LauncherContract):
    """Workers as processes of this machine."""

    name = "local"
    test_a_worker_runs_a_trial_does_what_it_is_told_and_ends_when_it_is_asked_to = pytest.mark.engine(
        LauncherContract.test_a_worker_runs_a_trial_does_what_it_is_told_and_ends_when_it_is_asked_to
    )
