"""Alerts: what people are told while a study runs, each of it once, whichever machine tells it."""

from __future__ import annotations

from hpo.studies import ActiveStudy

__all__ = ["begin_alerts"]


def begin_alerts(study: ActiveStudy) -> None:
    """Prepare a study for alerts before it is worked on: rules that are new tell nothing of what has been before.

    Where the file has no alerts any more, it is noted that no rule is on.
    """
    if study.spec.alerts.is_on or study.ledger.alert_rules:
        from hpo.tracking.alerts.claims import AlertClaims
        from hpo.tracking.alerts.rules import AlertRules

        AlertClaims(study).begin(AlertRules(study).find)
