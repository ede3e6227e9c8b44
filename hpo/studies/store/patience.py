"""Waiting for a database that does not answer for the moment: whole calls are made again, further and further apart."""

from __future__ import annotations

import functools
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar, cast

from hpo.errors import StorageError, UnreachableStorageError

T = TypeVar("T")
Method = TypeVar("Method", bound=Callable[..., Any])
SECONDS = 300.0
"""How long a database is waited for: a server that restarts takes less."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_SILENCE = 3.0
"""Seconds after which people are told."""
_TO_END = 10.0
"""Seconds that are waited where the work is to end: what there is to say may still be said."""
SAFE_CALLS = (
    "_get_trials",
    "_set_trial_param",
    "get_all_studies",
    "get_all_trials",
    "get_study_directions",
    "get_study_id_from_name",
    "get_study_name_from_id",
    "get_study_system_attrs",
    "get_study_user_attrs",
    "get_trial",
    "get_trial_id_from_study_id_trial_number",
    "get_trial_param",
    "get_trial_system_attrs",
    "get_trial_user_attrs",
    "set_study_system_attr",
    "set_study_user_attr",
    "set_trial_intermediate_value",
    "set_trial_param",
    "set_trial_system_attr",
    "set_trial_user_attr",
)
"""Of Optuna's storage, what may be made again: not the calls that make or delete something, nor what changes a state
without a lease, which would be wrong where they have taken place. They are not needed while trials run."""
_log = logging.getLogger("hpo.studies")


class Patience:
    """How long somebody waits for a database, each time that it does not answer.

    Attributes:
        is_stopped: whether the work is to end, so that only a few more seconds are waited; may be set from outside.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        """Begin to be patient.

        Args:
            seconds: how long to wait before that is an error.
        """
        self.is_stopped: Callable[[], bool] = lambda: False
        self._seconds = seconds
        self._has_given_up = False
        self._thread = threading.local()

    def __call__(self, call: Callable[[], T]) -> T:
        """Make a call, and make it again as long as the database does not answer.

        Inside another call that is made again as a whole, nothing is waited for.

        Args:
            call: has to be right also when it was made before, and its answer was lost.

        Raises:
            StorageError: the database failed otherwise, or has not answered for so long.
        """
        if getattr(self._thread, "is_inside", False):
            return call()
        self._thread.is_inside = True
        try:
            return self._keep_calling(call)
        finally:
            self._thread.is_inside = False

    def _keep_calling(self, call: Callable[[], T]) -> T:
        began, since, pause = time.monotonic(), datetime.now(), _FIRST_PAUSE
        is_told = False
        while True:
            try:
                result = call()
            except UnreachableStorageError as error:
                left = began + self._seconds_now - time.monotonic()
                if left <= 0:
                    self._has_given_up = True
                    raise StorageError(str(error)) from error
                if not is_told and time.monotonic() - began >= _SILENCE:
                    is_told = True
                    _log.info("waiting for the database since %s: %s", f"{since:%H:%M}", error.event)
                time.sleep(min(pause * random.uniform(0.5, 1.5), left))
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                self._has_given_up = False
                if is_told:
                    _log.info("the database answers again, after %.0f s", time.monotonic() - began)
                return result

    @property
    def _seconds_now(self) -> float:
        """How long is waited in all; where that was too long, or the work is to end, what is left is to say so."""
        return min(self._seconds, _TO_END) if self._has_given_up or self.is_stopped() else self._seconds


def have_patience(method: Method) -> Method:
    """Have a method of what has a `patience` made again as a whole where the database does not answer."""

    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as the method has them
        return self.patience(lambda: method(self, *arguments, **options))

    return cast(Method, call)


def have_patience_in(cls: type, names: Iterable[str]) -> None:
    """Have those methods of a class made again, also where it has inherited them."""
    for name in names:
        setattr(cls, name, have_patience(getattr(cls, name)))
