"""What a file says of alerts."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces import load, parse_spec
from hpo.spaces.remarks.remarks import remarks
from hpo.spaces.sections.alerts import Alerts, public_part
from hpo.studies.record.conflicts import spec_differences

SPACE = {
    "study": "s",
    "data": "digits",
    "model": "simple_cnn",
    "training": {"epochs": 4},
    "search": {"trials": 10},
}
SEND = [{"command": ["notify"]}]


def read(alerts: object, *overrides: str, **changes: object) -> Alerts:
    return load({**SPACE, **changes, "alerts": alerts}, overrides).alerts


def test_a_file_that_says_nothing_tells_nobody():
    assert not load(SPACE).alerts.is_on
    assert not read({"best": False, "failed": None, "send": SEND}).is_on


def test_a_rule_is_turned_on_by_true_or_by_its_options():
    alerts = read({"best": True, "failed": {"every": "1h"}, "drop": {"by": 0.1}, "send": SEND})
    assert list(alerts.rules) == ["best", "drop", "failed"]
    assert alerts.rules["failed"].every == 3600
    assert alerts.every == 600


def test_one_way_needs_no_list_and_a_url_is_a_webhook():
    url = "https://example.org/hook"
    assert read({"best": True, "send": url}) == read({"best": True, "send": [{"webhook": url}]})
    assert read({"best": True, "send": {"command": ["x"]}}).commands == [["x"]]


def test_a_rule_is_set_from_the_command_line_whatever_stands_there():
    for best in (True, None, {}, {"every": 2}):
        assert read({"best": best, "send": SEND}, "alerts.best.every=3s").rules["best"].every == 3


def test_alerts_are_no_difference_between_two_files_and_are_kept_with_a_study():
    one, other = (load({**SPACE, "alerts": {rule: True, "send": SEND}}) for rule in ("best", "failed"))
    assert spec_differences(one, other) == {}
    assert parse_spec(one.to_json(), "s").alerts == one.alerts


def test_alerts_go_through_wandb_where_its_tracker_is_on():
    assert read({"best": True, "send": ["wandb"]}, tracking={"wandb": True}).send == ["wandb"]
    with pytest.raises(SpaceError, match=r"send\.0: .* Received no tracking\.wandb\. Add tracking: \{wandb: true\}"):
        read({"best": True, "send": ["wandb"]})


@pytest.mark.parametrize(
    ("alerts", "message"),
    [
        ({"best": True}, r"send: alerts go somewhere\. Received best, and no `send`"),
        ({"bset": True, "send": SEND}, r"Did you mean 'best'\?"),
        ({"drop": True, "send": SEND}, r"drop\.by: it is required"),
        ({"stalled": 20, "send": SEND}, r"Write \{trials: 20\}"),
        ({"best": True, "send": [{}]}, r"either `webhook: URL` or `command: \[PROGRAM, ARGUMENT\]`"),
        ({"best": True, "send": [{"command": "notify me"}]}, r"command: it is a list"),
        ({"best": True, "send": [{"webhok": "https://example.org/x"}]}, r"Did you mean 'webhook'\?"),
        ({"best": {"choice": [True, False]}, "send": SEND}, "it is the same for all trials of a study"),
    ],
)
def test_what_is_no_alert_is_refused(alerts: object, message: str):
    with pytest.raises(SpaceError, match=message):
        read(alerts)


@pytest.mark.parametrize(
    ("webhook", "message"),
    [
        (
            "https://user:s3cret@example.org/x",
            r"holds no user and no password.* https://example\.org .* Leave them out",
        ),
        ("ftp://example.org/s3cret", r"begins with https:// or http://\. Received ftp://example\.org"),
        ("https://example.org/s3cret x", r"no spaces\. Received another URL of https://example\.org"),
        ("https://[s3cret/x", "Received a text that is no URL"),
        ("s3cret", "Received a text that is no URL"),
        ({"env": "https://example.org/s3cret"}, "the name of an environment variable has letters"),
    ],
)
def test_a_url_that_is_refused_is_shown_by_its_scheme_and_host_alone(webhook: object, message: str):
    with pytest.raises(SpaceError, match=message) as caught:
        read({"best": True, "send": [{"webhook": webhook}]})
    assert "s3cret" not in str(caught.value)


def test_a_place_in_the_file_is_told(tmp_path):
    file = tmp_path / "space.yaml"
    file.write_text("data: digits\nmodel: simple_cnn\nalerts:\n  best: true\n  send:\n  - wandb\n")
    with pytest.raises(SpaceError, match=r"space\.yaml:6:5 send\.0: alerts go to wandb"):
        load(file)


def test_scheme_host_and_port_may_be_shown_of_a_url():
    assert public_part("https://u:p@example.org:8443/a?b=c") == "https://example.org:8443"
    assert public_part("http://[::1]:80/x") == "http://[::1]:80"


@pytest.mark.parametrize(
    ("alerts", "remark"),
    [
        ({"send": SEND}, "alerts: no rule is on, so nothing is sent"),
        ({"stalled": {"trials": 10}, "send": SEND}, "alerts.stalled.trials: it can never be told: the budget is 10"),
        ({"drop": {"by": 0.1, "metric": "val_macro_f1"}, "send": SEND}, "alerts.drop.metric: it can never be told"),
        ({"drop": {"by": 0.1, "below": "mean"}, "send": SEND}, "alerts.drop: it can never be told: it acts at epoch 6"),
        ({"drop": {"by": 0.1, "window": 2}, "send": SEND}, "alerts.drop.window: it acts only with below: mean"),
        ({"drop": {"by": 1.5}, "send": SEND}, "alerts.drop.by: it can never be told: val_accuracy runs from 0 to 1"),
        ({"best": True, "send": "https://example.org/s3cret"}, "alerts.send.0.webhook: the URL is kept with the study"),
    ],
)
def test_what_can_never_be_told_is_remarked(alerts: object, remark: str):
    (text,) = remarks(load({**SPACE, "alerts": alerts}))
    assert text.startswith(remark)
    assert "s3cret" not in text


def test_alerts_that_can_be_told_are_not_remarked():
    drop = {"by": 0.1, "below": "mean", "window": 3, "metric": "val_macro_f1"}
    alerts = {"stalled": {"trials": 9}, "drop": drop, "send": [{"webhook": {"env": "HOOK"}}]}
    assert remarks(load({**SPACE, "training": {"epochs": 4, "metrics": ["macro_f1"]}, "alerts": alerts})) == ()
