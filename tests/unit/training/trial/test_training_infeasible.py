"""A network that constraints rule out is never made: it may be one that memory has no room for."""

from __future__ import annotations

import resource

import pytest

from hpo.training import Infeasible

pytestmark = pytest.mark.engine


def test_a_network_too_large_for_any_memory_is_ruled_out_without_making_it(run, config_of, watcher):
    observer = watcher(limits_cost=True, is_feasible=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = run(config_of(model="max_pooling: false, filters: 4096, dense_units: 10000000"), observer=observer)
    assert outcome == Infeasible()
    (measures,) = observer.measures
    assert measures["parameters"] > 10**11
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10**6  # kilobytes: less than a gigabyte
