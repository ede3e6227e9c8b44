"""Ways to search, each as a function that spends the epochs of a simulation: hpo's own, Optuna's, KerasTuner's, Ray's.

What is not there (Ray, PyTorch for Gaussian processes of Optuna) is left out. ifBO is not among them: its weights come
from a server of its own, as a pickle.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from simulated_training import EPOCHS, SPACE, Simulation

from hpo.search.optuna.pruning.pruners import make_pruner
from hpo.search.optuna.pruning.rungs import PromotingPruner, Rungs
from hpo.search.optuna.samplers import make_sampler
from hpo.search.optuna.searched_study import SearchedStudy
from hpo.search.optuna.settings import promotion_of
from hpo.spaces import Params, SearchSpace, spec_of
from hpo.studies import distribution

Strategy = Callable[[Simulation, int], None]
_SPEC = spec_of(SPACE, "")
_FACTOR = 3
_RUNGS = (*(epoch for epoch in (1, 3, 9, 27) if epoch < EPOCHS), EPOCHS)


def search_by_hpo(simulation: Simulation, seed: int, **options: Any) -> None:  # noqa: ANN401 - the section `search`
    """Search as `hpo run` does, by the samplers and pruners that a section `search` names."""
    spec = spec_of({**SPACE, "seed": seed, "search": {"trials": 100_000, **options}}, "")
    promotion = promotion_of(spec)
    rungs = None
    if promotion is not None:
        rungs = Rungs(promotion.rungs(EPOCHS), promotion.reduction_factor, StudyDirection.MAXIMIZE)
    sampler, pruner = make_sampler(spec), make_pruner(spec) if rungs is None else PromotingPruner(rungs)
    storage = optuna.storages.InMemoryStorage()
    optuna.create_study(study_name="simulated", storage=storage, direction="maximize")
    study = SearchedStudy("simulated", storage, spec.objective, sampler, pruner)
    axes = {parameter.name: distribution(parameter) for parameter in spec.space.parameters()}

    def suggest(trial: FrozenTrial) -> Params:
        study._thread_local.cached_all_trials = None
        sampler.begin(study, trial, 0)
        params = sampler.draw(spec.space, study, trial, {})
        for name, value in params.items():
            storage.set_trial_param(trial._trial_id, name, axes[name].to_internal_repr(value), axes[name])
        return params

    _run_trials(simulation, study, suggest, rungs)


def search_by_optuna(
    simulation: Simulation, seed: int, make: Callable[[int], Any], pruner: optuna.pruners.BasePruner | None = None
) -> None:
    """Search by a sampler and a pruner of Optuna, the median pruner as it is by default."""
    study = optuna.create_study(
        direction="maximize", sampler=make(seed), pruner=pruner or optuna.pruners.MedianPruner()
    )

    def suggest(trial: FrozenTrial) -> Params:
        live = optuna.trial.Trial(study, trial._trial_id)
        return _SPEC.space.fill(lambda parameter: live._suggest(parameter.name, distribution(parameter)))[1]

    _run_trials(simulation, study, suggest)


def _run_trials(
    simulation: Simulation,
    study: optuna.Study,
    suggest: Callable[[FrozenTrial], Params],
    rungs: Rungs | None = None,
) -> None:
    """Run trials, one after the other; with rungs, those that have stopped go on as the search of hpo has them."""
    storage: Any = study._storage
    trainings: dict[int, Iterator[float]] = {}
    ready = set[int]()  # whose checkpoints are there
    while True:
        promoted = None
        if rungs is not None:
            standings = rungs.compare(storage.get_all_trials(study._study_id, deepcopy=False))
            ready &= standings.find_in_line()
            promoted = standings.find_promoted(ready)
        if promoted is None:
            trial_id = storage.create_new_trial(study._study_id)
            study._thread_local.cached_all_trials = None
            trainings[trial_id] = simulation.train(suggest(storage.get_trial(trial_id)))
        else:
            trial_id = storage.get_trial_id_from_study_id_trial_number(study._study_id, promoted)
            going_on = copy.copy(storage._get_trial(trial_id))
            going_on.state = TrialState.RUNNING
            storage._set_trial(trial_id, going_on)
        reports = storage.get_trial(trial_id).intermediate_values
        best, state = max(reports.values(), default=-math.inf), TrialState.COMPLETE
        for epoch, value in enumerate(trainings[trial_id], start=len(reports) + 1):
            storage.set_trial_intermediate_value(trial_id, epoch, value)
            best = max(best, value)
            if epoch < EPOCHS and study.pruner.prune(study, storage.get_trial(trial_id)):
                best, state = value, TrialState.PRUNED
                ready.add(storage.get_trial(trial_id).number)
                break
        storage.set_trial_state_values(trial_id, state, [best])


def draw_configs(seed: int, space: SearchSpace = _SPEC.space) -> Iterator[Params]:
    """Draw at random without an end."""
    generator = random.Random(seed)
    while True:
        yield space.draw(generator)


def search_at_random(simulation: Simulation, seed: int) -> None:
    """Train every config to its end."""
    for params in draw_configs(seed):
        for _ in simulation.train(params):
            pass


def train_the_first(simulation: Simulation, seed: int, finalists: int = 5) -> None:
    """Train as many configs as possible for one epoch, and then the best ones to their ends, the best one first."""
    draws = draw_configs(seed)
    configs = [next(draws) for _ in range(simulation.budget - finalists * (EPOCHS - 1))]
    trainings = simulation.many(configs)
    firsts = [next(training) for training in trainings]
    for index in sorted(range(len(configs)), key=firsts.__getitem__, reverse=True):
        for _ in trainings[index]:
            pass


def search_by_pasha(simulation: Simulation, seed: int) -> None:
    """PASHA (Bohdal et al., 2023): ASHA with promotions, whose last rung rises while rankings differ.

    Two neighbours whose values differ by less than curves that cross each other do count as equal in a ranking.
    """
    draws = draw_configs(seed)
    trainings: list[Iterator[float]] = []
    histories: list[list[float]] = []
    rungs: list[dict[int, float]] = [{}, {}]
    promoted: list[set[int]] = [set(), set()]

    def choose() -> tuple[int, int]:
        for rung in reversed(range(len(rungs) - 1)):
            ranked = sorted(rungs[rung], key=rungs[rung].__getitem__, reverse=True)
            for index in ranked[: len(ranked) // _FACTOR]:
                if index not in promoted[rung]:
                    promoted[rung].add(index)
                    return index, rung + 1
        trainings.append(simulation.train(next(draws)))
        histories.append([])
        return len(trainings) - 1, 0

    while True:
        index, rung = choose()
        while len(histories[index]) < _RUNGS[rung]:
            histories[index].append(next(trainings[index]))
        rungs[rung][index] = max(histories[index])
        is_top = rung == len(rungs) - 1
        if is_top and len(rungs) < len(_RUNGS) and not _ranks_alike(rungs[-1], rungs[-2], histories):
            rungs.append({})
            promoted.append(set())


def _ranks_alike(top: dict[int, float], below: dict[int, float], histories: list[list[float]]) -> bool:
    """Whether configs have the same ranks in both rungs, but for those that lie within the noise."""
    noise = _estimate_noise([histories[index] for index in top])
    ranked = sorted(top, key=top.__getitem__, reverse=True)
    before = sorted(top, key=below.__getitem__, reverse=True)
    return all(abs(below[here] - below[there]) <= noise for here, there in zip(ranked, before, strict=True))


def _estimate_noise(curves: list[list[float]]) -> float:
    """Give the 90th percentile of how far two configs lie apart that have changed places twice or more."""
    gaps = []
    for one, curve in enumerate(curves):
        for other in curves[:one]:
            length = min(len(curve), len(other))
            signs = np.sign(np.subtract(curve[:length], other[:length]))
            if np.count_nonzero(np.diff(signs)) >= 2:  # noqa: PLR2004 - there and back
                gaps.append(abs(curve[length - 1] - other[length - 1]))
    return float(np.percentile(gaps, 90)) if gaps else 0.0


def search_by_ray(simulation: Simulation, seed: int) -> None:
    """Ray Tune's ASHA at its defaults (a factor of 4, from the first epoch on), on random configs, by one worker."""
    from types import SimpleNamespace

    from ray.tune.schedulers.async_hyperband import _Bracket

    bracket = _Bracket(1, EPOCHS, 4, 0)
    for number, params in enumerate(draw_configs(seed)):
        trial: Any = SimpleNamespace(trial_id=str(number))
        for epoch, value in enumerate(simulation.train(params), start=1):
            if bracket.on_result(trial, epoch, value) == "STOP":
                break


def search_by_keras_tuner(simulation: Simulation, seed: int, name: str, **options: Any) -> None:  # noqa: ANN401
    """Search by an oracle of KerasTuner, which goes on with a config of Hyperband where it was left."""
    import keras_tuner
    from keras_tuner.engine.trial import TrialStatus

    from hpo.search.keras_tuner.hyperparameters import TunedSpace

    space = TunedSpace(_SPEC.space)
    oracle = getattr(keras_tuner.oracles, name)(
        objective=keras_tuner.Objective("value", "max"), hyperparameters=space.hyperparameters, seed=seed + 1, **options
    )
    oracle._set_project_dir("/nonexistent", "none")
    oracle.save = oracle._save_trial = lambda *_: None
    trainings: dict[str, Iterator[float]] = {}
    for number in count():
        values = oracle.populate_space(str(number))
        if values["status"] != TrialStatus.RUNNING:
            raise RuntimeError(f"{name} has nothing to try")
        chosen = values["values"]
        trial = keras_tuner.engine.trial.Trial(oracle.hyperparameters.copy(), str(number), TrialStatus.RUNNING)
        trial.hyperparameters.values = chosen
        oracle.trials[trial.trial_id] = oracle.ongoing_trials["tuner"] = trial
        past = chosen.get("tuner/trial_id")
        params = {name: value for name, value in chosen.items() if not name.startswith("tuner/")}
        training = trainings[past] if past else simulation.train(space.decode(params))
        trainings[trial.trial_id] = training
        epochs = chosen.get("tuner/epochs", EPOCHS) - chosen.get("tuner/initial_epoch", 0)
        trial.score = max(next(training) for _ in range(epochs))
        trial.best_step, trial.status = 0, TrialStatus.COMPLETED
        oracle.ongoing_trials.clear()
        oracle.end_order.append(trial.trial_id)


_halving_by_2 = {"successive_halving": {"min_resource": 6, "reduction_factor": 2, "n_min_trials": 3}}
_halving = {"successive_halving": {"min_resource": 1, "n_min_trials": 1}}
_tpe = optuna.samplers.TPESampler
STRATEGIES: dict[str, Strategy] = {
    "hpo: default": search_by_hpo,
    "hpo: auto + halving by 2": partial(search_by_hpo, pruner=_halving_by_2),
    "hpo: auto + median": partial(search_by_hpo, pruner="median"),
    "hpo: auto, no pruner": partial(search_by_hpo, pruner="none"),
    "hpo: auto + halving": partial(search_by_hpo, pruner=_halving),
    "hpo: tpe": partial(search_by_hpo, sampler="tpe"),
    "hpo: tpe + median": partial(search_by_hpo, sampler="tpe", pruner="median"),
    "hpo: tpe + halving": partial(search_by_hpo, sampler="tpe", pruner=_halving),
    "random": search_at_random,
    "random + median": partial(search_by_hpo, sampler="random", pruner="median"),
    "random + halving": partial(search_by_hpo, sampler="random", pruner=_halving),
    "Optuna: defaults": partial(search_by_optuna, make=lambda seed: _tpe(seed=seed)),
    "Optuna: tpe, no pruner": partial(
        search_by_optuna, make=lambda seed: _tpe(seed=seed), pruner=optuna.pruners.NopPruner()
    ),
    "Optuna: tpe + hyperband": partial(
        search_by_optuna, make=lambda seed: _tpe(seed=seed), pruner=optuna.pruners.HyperbandPruner(1, EPOCHS, 3)
    ),
    "Optuna: tpe multivariate, group": partial(
        search_by_optuna, make=lambda seed: _tpe(seed=seed, multivariate=True, group=True)
    ),
    "Optuna: tpe univariate": partial(search_by_optuna, make=lambda seed: _tpe(seed=seed, multivariate=False)),
    "Optuna: gp, no pruner": partial(
        search_by_optuna,
        make=lambda seed: optuna.samplers.GPSampler(seed=seed, deterministic_objective=False),
        pruner=optuna.pruners.NopPruner(),
    ),
    "one epoch, then the best": train_the_first,
    "PASHA": search_by_pasha,
    "KerasTuner: Hyperband": partial(
        search_by_keras_tuner, name="HyperbandOracle", max_epochs=EPOCHS, hyperband_iterations=1000
    ),
    "KerasTuner: BayesianOptimization": partial(
        search_by_keras_tuner, name="BayesianOptimizationOracle", max_trials=100_000
    ),
    "Ray: ASHA": search_by_ray,
}
