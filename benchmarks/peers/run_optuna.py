"""The comparison's script with Optuna: a study in SQLite, and a callback that reports every epoch."""

import keras
import optuna
from workload import read_workload, tell

workload = read_workload()
arrays = workload.load()
optuna.logging.set_verbosity(optuna.logging.WARNING)


class Report(keras.callbacks.Callback):
    """Reports each epoch to a trial, and asks whether to prune it."""

    def __init__(self, trial: optuna.Trial) -> None:
        super().__init__()
        self._trial = trial

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Report the epoch."""
        self._trial.report((logs or {})["val_accuracy"], epoch)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def objective(trial: optuna.Trial) -> float:
    """Train the config of a trial."""
    config = {
        name: trial.suggest_categorical(name, sorted({config[name] for config in workload.configs}))
        for name in workload.configs[0]
    }
    value = workload.train(arrays, config, [Report(trial)])
    tell("trial")
    return value


storage = f"sqlite:///{workload.folder}/optuna.db"
study = optuna.create_study(storage=storage, direction="maximize", pruner=optuna.pruners.NopPruner())
for config in workload.configs:
    study.enqueue_trial(dict(config))
tell("begin")
study.optimize(objective, n_trials=len(workload.configs))
