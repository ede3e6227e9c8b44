"""When the lease of a process that may live is lost."""

from __future__ import annotations

import pytest

from hpo.studies.store.leases import Lease, LeaseHolder, LeaseState, LeaseWatch, this_process


@pytest.mark.parametrize("machine", [this_process().machine, "another/machine"])
def test_who_wakes_up_with_the_whole_machine_renews_its_lease_before_anybody_takes_it(machine):
    """A lease of a minute, which is renewed every 20 seconds: those in which the machine sleeps do not count."""
    here, now, clock = this_process(), 1e9, [0.0]
    watch = LeaseWatch(clock=lambda: clock[0])

    def look(seconds: float, until: float) -> str | None:
        clock[0] = seconds
        holder = LeaseHolder(machine, here.pid, here.started)
        return watch.explain_loss(LeaseState(Lease("trial:0", "host:1", 1), holder, until, now + seconds), 60.0)

    assert look(0.0, now - 3600) is None, "it has just woken up"
    assert look(6.0, now - 3600) is None
    assert look(20.0, now - 3600) is None
    assert look(21.0, now + 80) is None, "renewed"
    assert look(100.0, now + 80) is None, "past its end"
    assert look(124.0, now + 80) is None
    assert look(125.0, now + 80) == "host:1 was not heard of for 45 s longer than it may be silent"
