"""Studies on the same data are compared image by image, and the model of one is recommended."""

from __future__ import annotations

import numpy as np
import pytest
from compared_studies import LABELS, NAMES, N, predict

import hpo
from hpo.errors import UserError


def compare(*addresses, **options):
    return hpo.compare(*addresses, **{"latency": False, **options})


def test_the_more_accurate_model_is_recommended_with_a_test_that_has_a_name(make_compared):
    comparison = compare(make_compared("good", range(10)), make_compared("poor", range(20, 80)))
    assert comparison.recommended == "good"
    assert comparison.part == "test"
    good, poor = comparison.studies
    assert (good.value, poor.value) == (0.975, 0.85)
    assert good.accuracy_interval[0] < 0.975 < good.accuracy_interval[1]
    (test,) = comparison.tests
    assert (test.gained, test.lost, test.images) == (60, 10, N)
    assert test.is_separable
    words = " ".join(comparison.recommendation)
    assert "McNemar's test (mid-p), p < 0.001" in words
    assert "Its accuracy is 12.5 points above that of poor" in words


def test_a_difference_that_chance_gives_is_no_reason_and_the_cheaper_model_is_named(make_compared):
    large = make_compared("large", range(20), parameters=10_000.0)
    small = make_compared("small", range(2, 24), parameters=1_000.0)
    words = " ".join(compare(large, small).recommendation)
    assert "cannot tell the two apart" in words
    assert "small is 10.0 times smaller, which --prefer size asks for" in words


@pytest.mark.parametrize(("tolerance", "recommended"), [(0.01, "small"), (0.001, "large")])
def test_by_size_the_smallest_model_of_those_near_the_best_is_recommended(make_compared, tolerance, recommended):
    large = make_compared("large", range(20), parameters=10_000.0)
    small = make_compared("small", range(2, 24), parameters=1_000.0)
    tiny = make_compared("tiny", range(100), parameters=10.0)
    assert compare(large, small, tiny, prefer="size", tolerance=tolerance).recommended == recommended


def test_images_are_matched_by_their_names_whatever_their_order(make_compared):
    order = np.random.default_rng(0).permutation(N)
    one = make_compared("one", range(30))
    shuffled = {key: array[order] for key, array in predict(LABELS, list(range(30))).items()}
    two = make_compared("two", range(30), parts={"test": shuffled})
    (test,) = compare(one, two).tests
    assert (test.gained, test.lost, test.p) == (0, 0, 1.0)


def test_images_without_names_are_matched_by_their_order(make_compared):
    (test,) = compare(make_compared("one", range(30), names=None), make_compared("two", range(10), names=None)).tests
    assert (test.gained, test.lost) == (0, 20)


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"fingerprint": "other", "seed": 1}, "as many images in both, of which some differ"),
        ({"labels": LABELS[:300], "names": NAMES[:300]}, "400 test images in first, and 300 in second"),
        ({"names": np.array([f"{index:03}.png" for index in range(5, N + 5)])}, "400 images of which 395 are in both"),
        ({"labels": 1 - LABELS}, "other labels for some of the 400 test images"),
        ({"classes": ["cat", "cow"]}, "a class dog in first, in whose place second has cow"),
        ({"keeps": False, "seed": 1}, "seed is 0 in first and 1 in second"),
        ({"keeps": False, "data": {"validation": 0.3}}, "data.validation is left out in first and 0.3 in second"),
    ],
    ids=["images", "fewer images", "other parts", "labels", "classes", "seed without models", "share without models"],
)
def test_studies_on_other_data_are_refused_with_what_differs(make_compared, options, difference):
    with pytest.raises(UserError) as raised:
        compare(make_compared("first"), make_compared("second", **options))
    assert difference in str(raised.value)
    assert "studies first and second: " in str(raised.value)


def test_images_may_be_used_in_another_size(make_compared):
    comparison = compare(make_compared("small"), make_compared("large", data={"image_size": 16, "color": "rgb"}))
    assert len(comparison.tests) == 1


def test_a_study_without_a_score_on_the_test_part_is_compared_on_the_validation_part(make_compared):
    comparison = compare(make_compared("done", range(5)), make_compared("paused", range(9), parts={"test": None}))
    assert comparison.part == "validation"
    assert "optimistic: paused has predicted nothing of the test part yet" in comparison.notes[0]
    assert "hpo resume" in comparison.notes[0]


def test_studies_that_optimize_macro_f1_are_compared_by_it_with_a_bootstrap(make_compared):
    one = make_compared("one", range(0, 40, 2), objective="val_macro_f1")
    two = make_compared("two", range(0, 160, 2), objective="val_macro_f1")
    comparison = compare(one, two)
    (test,) = comparison.tests
    assert (test.test, test.metric) == ("paired bootstrap", "macro_f1")
    assert test.interval[0] < test.difference < test.interval[1]
    assert test.is_separable
    assert "the highest macro f1" in comparison.recommendation[0]


def test_classes_are_compared_by_recall_those_that_differ_most_first(make_compared):
    cats, dogs = range(0, 80, 2), range(1, 7, 2)
    comparison = compare(make_compared("one", cats), make_compared("two", dogs))
    cat, dog = comparison.classes
    assert (cat.name, cat.images, cat.recall) == ("cat", 200, {"one": 0.8, "two": 1.0})
    assert cat.separable == (("one", "two"),)
    assert dog.name == "dog"
    assert not dog.separable


def test_of_a_front_the_model_that_suits_the_priority_stands_for_its_study(make_compared):
    alone = make_compared("alone", range(8))
    several = make_compared("several", range(8), objective=["val_accuracy", "parameters"], values=(0.98, 1000.0))
    assert [study.trial for study in compare(alone, several, prefer="size").studies] == [0, 0]


def test_of_a_confirmed_study_the_kept_model_of_the_winner_is_compared_and_its_mean_is_told(make_compared):
    alone = make_compared("alone", range(40))
    confirmed = make_compared("confirmed", range(8), confirmed=(0.90, 0.92, 0.94))
    _, study = compare(alone, confirmed).studies
    assert (study.trial, study.confirms) == (3, 0)
    assert study.value == 0.98
    assert study.confirmed.estimate == pytest.approx(0.92)
    assert study.confirmed.low < 0.92 < study.confirmed.high


@pytest.mark.parametrize("names", [(), ("one",), ("one", "one")], ids=["none", "one", "one twice"])
def test_two_studies_or_more_are_compared(make_compared, names):
    made = {name: make_compared(name) for name in set(names)}
    with pytest.raises(UserError, match="two different studies or more are compared"):
        compare(*(made[name] for name in names))


def test_studies_of_one_name_are_told_apart_by_their_places(make_compared):
    comparison = compare(make_compared("same", range(5)), make_compared("same", range(50), folder="others"))
    one, two = (study.study for study in comparison.studies)
    assert one != two
    assert comparison.recommended == one


def test_latency_is_measured_where_it_is_preferred(make_compared):
    with pytest.raises(UserError, match="latency is measured where it is preferred"):
        compare(make_compared("one"), make_compared("two"), prefer="latency")


def test_models_that_cannot_be_loaded_have_no_latency_and_the_notes_say_why(make_compared, monkeypatch):
    from hpo.analysis.comparison import latency

    monkeypatch.setattr(latency, "_measure", lambda *_: {"device": "cpu", "models": {"one": [2.0, 1.5], "two": "bad"}})
    comparison = hpo.compare(make_compared("one"), make_compared("two"))
    assert [study.latency and study.latency.milliseconds for study in comparison.studies] == [1.5, None]
    assert "The latency of two is not known: bad." in comparison.notes


def test_a_comparison_is_plain_values_for_programs(make_compared):
    import json

    comparison = compare(make_compared("one", range(5)), make_compared("two", range(50)))
    plain = json.loads(json.dumps(comparison.to_json()))
    assert plain["recommended"] == "one"
    assert plain["tests"][0]["separable"] is True
    assert plain["studies"][0]["conclusion"]["kind"] == "too_short"
