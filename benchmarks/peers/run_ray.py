"""The comparison's script with Ray Tune and its OptunaSearch, one trial at a time.

Ray listens on the machine's network: run it where there is none but the loopback, as `unshare -n` makes it.
"""

import logging
import os
from typing import Any

from workload import read_workload, tell

os.environ |= {
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
}
import ray
from ray import tune
from ray.tune.search.optuna import OptunaSearch

workload = read_workload()
configs = [dict(config) for config in workload.configs]
space = {name: tune.choice(sorted({config[name] for config in configs})) for name in configs[0]}


def trainable(config: dict[str, Any]) -> None:
    """Train a config, reporting every epoch."""
    import keras

    arrays = workload.load()
    report = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: tune.report(dict(logs)))
    workload.train(arrays, config, [report])


class Tell(tune.Callback):
    """Tells of each trial that has ended."""

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:  # noqa: ANN401
        """Tell."""
        tell("trial")


ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
searcher = OptunaSearch(metric="val_accuracy", mode="max", points_to_evaluate=configs)
tuner = tune.Tuner(
    trainable,
    param_space=space,
    tune_config=tune.TuneConfig(search_alg=searcher, num_samples=len(configs), max_concurrent_trials=1,
                                metric="val_accuracy", mode="max"),
    run_config=tune.RunConfig(storage_path=str(workload.folder / "ray"), name="bench", verbose=0, callbacks=[Tell()]),
)  # fmt: skip
tell("begin")
tuner.fit()
