"""The comparison's script with KerasTuner: its tuner and its callbacks, and an oracle that knows the configs."""

from typing import Any

import keras
import keras_tuner
from workload import build_network, read_workload, tell

workload = read_workload()
arrays = workload.load()


class GivenConfigs(keras_tuner.Oracle):
    """Gives out the configs of the comparison, one after the other."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Give the next config."""
        number = len(self.start_order) - 1
        return {"status": keras_tuner.engine.trial.TrialStatus.RUNNING, "values": dict(workload.configs[number])}


def build(parameters: keras_tuner.HyperParameters) -> keras.Model:
    """Build and compile the network of a trial."""
    config = {
        name: parameters.Choice(name, sorted({config[name] for config in workload.configs}))
        for name in workload.configs[0]
    }
    model = build_network(arrays["x_train"].shape[1:], 10, config)
    optimizer = keras.optimizers.Adam(config["learning_rate"])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Tuner(keras_tuner.Tuner):
    """Tells of each trial that has ended."""

    def on_trial_end(self, trial: keras_tuner.engine.trial.Trial) -> None:
        """Tell."""
        super().on_trial_end(trial)
        tell("trial")


oracle = GivenConfigs(objective=keras_tuner.Objective("val_accuracy", "max"), max_trials=len(workload.configs))
tuner = Tuner(oracle, build, directory=str(workload.folder / "keras_tuner"), project_name="bench")
tell("begin")
tuner.search(
    arrays["x_train"], arrays["y_train"], batch_size=workload.batch_size, epochs=workload.epochs, verbose=0,
    validation_data=(arrays["x_validation"], arrays["y_validation"]),
)  # fmt: skip
