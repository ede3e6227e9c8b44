"""Studies whose kept models predicted what a test says; no engine has trained them."""

from __future__ import annotations

import pytest
from compared_studies import CLASSES, LABELS, NAMES, predict, write_model
from optuna.trial import create_trial

from hpo.spaces import spec_of
from hpo.studies import create_study
from hpo.studies.store.distributions import distribution


@pytest.fixture
def make_compared(tmp_path):
    """Makes a study with one complete trial, whose model predicted the rows `wrong` of the test part wrong."""

    def make(name, wrong=(), *, parameters=1000.0, fingerprint="abc", labels=LABELS, names=NAMES, **options):
        document = {
            "study": name,
            "seed": options.get("seed", 0),
            "data": {"dataset": "digits", **options.get("data", {})},
            "model": {"family": "simple_cnn"},
            "training": {"epochs": 12, "learning_rate": {"float": [1e-4, 1e-1], "log": True}},
            "objective": options.get("objective", "val_accuracy"),
        }
        spec = spec_of(document, name)
        parts = {"validation": predict(labels, list(wrong), names), "test": predict(labels, list(wrong), names)}
        parts.update(options.get("parts", {}))
        parts = {part: arrays for part, arrays in parts.items() if arrays is not None}
        values = options.get("values", (1 - len(wrong) / len(labels),))
        with create_study(spec, tmp_path / options.get("folder", "studies")) as study:
            images = {"train": 2000, "validation": len(labels), "test": len(labels)}
            images = {part: images[part] for part in images if part == "train" or part in options.get("has", images)}
            summary = {"dataset": "digits", "classes": 2, "images": images, "notes": [], "text": "digits: 2,800 images"}
            study.record_data(summary)
            study.confirm_fingerprint("digits", fingerprint)
            study.optuna_study.add_trial(
                create_trial(
                    params={"learning_rate": 1e-3},
                    distributions={"learning_rate": distribution(spec.space.parameters()[0])},
                    values=list(values),
                    user_attrs={
                        "best_epoch": 1,
                        "measures": {"parameters": parameters, "model_mb": parameters * 4e-6, "duration_s": 3.0},
                        "history": {"accuracy": [0.9], "val_accuracy": [values[0]], "loss": [0.3], "val_loss": [0.4]},
                    },
                    intermediate_values={1: values[0]},
                )
            )
            if "confirmed" in options:
                study.ledger.confirmation = {"trials": [0], "seeds": len(options["confirmed"]), "folds": None}
            for seed, value in enumerate(options.get("confirmed", ())):
                study.optuna_study.add_trial(
                    create_trial(
                        params={"learning_rate": 1e-3},
                        distributions={"learning_rate": distribution(spec.space.parameters()[0])},
                        value=value,
                        user_attrs={
                            "hpo:confirms": {"trial": 0, "seed": seed, "folds": None, "fold": None},
                            "best_epoch": 1,
                            "best_value": value,
                            "measures": {"parameters": parameters},
                        },
                    )
                )
            description = {"classes": options.get("classes", CLASSES), "image_size": [8, 8]}
            if options.get("keeps", True):
                number = len(options.get("confirmed", ()))  # of several, the last one is the best
                study.files.models.put(number, lambda path: write_model(path, parts, description))
            return study.address

    return make
