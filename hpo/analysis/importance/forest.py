"""What a forest of regression trees says of parameters: fANOVA, mean decrease in impurity, SHAP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpo.analysis.importance.sample import MeasuredAxis, TrialSample

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = 4
"""Trials that a forest needs at least."""
_EXPLAINED = 100
"""Trials that SHAP explains at most."""


@dataclass(frozen=True, slots=True)
class Features:
    """What trees split on: a column for a number, one for each alternative of a choice.

    Attributes:
        matrix: `[trials, columns]`.
        columns: those of each parameter.
    """

    matrix: NDArray[Any]
    columns: list[list[int]]


Trees = list[Any]
ForestMeasure = Callable[[Trees, Features, list[MeasuredAxis]], "NDArray[Any]"]
"""Gives the importance of each of some parameters, in trees that were grown on them."""


def measure_with_forest(
    measure: ForestMeasure,
    n_trees: int,
    sample: TrialSample,
    counts: NDArray[Any],
    random: Any,  # noqa: ANN401 - NumPy's generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Measure each parameter among the trials that have it, in a forest that is grown on those trials.

    A parameter that only some trials have counts in the whole by their share of the trials.

    Args:
        measure: what is asked of the forest.
        n_trees: in the forest.
        sample: the trials.
        counts: how often each of them is drawn.
        random: draws the trials of each tree.

    Returns:
        Importances over all trials, and shares among the trials that have the parameter; `[parameters]` each.
    """
    import numpy as np

    whole, within = np.zeros(len(sample.axes)), np.zeros(len(sample.axes))
    everywhere = np.flatnonzero(sample.has.all(axis=0))
    groups: list[tuple[Any, Any]] = [(np.arange(len(counts)), list(everywhere)), *sample.conditions()]
    for rows, parameters in groups:
        drawn = int(counts[rows].sum())
        if drawn < _LEAST or not parameters:
            continue
        part = sample.take(rows)
        common = np.flatnonzero(part.has.all(axis=0))
        axes = [sample.axes[i] for i in common]
        features = make_features(part.positions[:, common], axes)
        trees = grow_trees(features.matrix, part.values, counts[rows], n_trees, random)
        measured = np.zeros(len(sample.axes))
        measured[common] = measure(trees, features, axes)
        total = measured.sum()
        for parameter in parameters:
            whole[parameter] = measured[parameter] * drawn / counts.sum()
            within[parameter] = measured[parameter] / total if total > 0 else 0.0
    return whole, within


def make_features(positions: NDArray[Any], axes: list[MeasuredAxis]) -> Features:
    """Make the columns that trees split on."""
    import numpy as np

    blocks = [positions[:, [i]] == axis.cells if axis.is_choice else positions[:, [i]] for i, axis in enumerate(axes)]
    bounds = np.cumsum([0, *(block.shape[1] for block in blocks)])
    columns = [list(range(bounds[i], bounds[i + 1])) for i in range(len(axes))]
    return Features(np.hstack(blocks).astype(np.float32), columns)


def grow_trees(
    matrix: NDArray[Any],
    values: NDArray[Any],
    counts: NDArray[Any],
    n_trees: int,
    random: Any,  # noqa: ANN401 - as above
) -> Trees:
    """Grow trees, each on as many trials as there are, drawn with replacement."""
    import numpy as np
    import sklearn
    from sklearn.tree import DecisionTreeRegressor

    total, state = int(counts.sum()), np.random.RandomState(random.integers(2**31))
    trees = []
    with sklearn.config_context(skip_parameter_validation=True):  # which takes as long as all the rest
        for weights in random.multinomial(total, counts / total, size=n_trees):
            tree = DecisionTreeRegressor(random_state=state)
            trees.append(tree.fit(matrix, values, sample_weight=weights.astype(float), check_input=False))
    return trees


def measure_fanova(trees: Trees, features: Features, axes: list[MeasuredAxis]) -> NDArray[Any]:
    """Compute the variance of what the forest predicts by one parameter alone (fANOVA; Hutter et al., 2014).

    The prediction by one parameter is the mean over all values of the others, each of which counts the same on its own
    scale: the powers of ten of a learning rate, where its range is logarithmic.
    """
    import numpy as np

    lows, highs, values = _find_leaves(trees, features.matrix.shape[1])
    inside = []  # by parameter `[leaves, cells]`: whether the leaf has the cell
    for axis, columns in zip(axes, features.columns, strict=True):
        images = np.eye(len(axis.cells)) if axis.is_choice else axis.cells[:, None]  # `[cells, columns]`
        low, high = lows[:, None, columns], highs[:, None, columns]
        inside.append(((low < images) & (images <= high)).all(axis=2))
    weights = np.stack([has.mean(axis=1) for has in inside])
    means = [(values * np.delete(weights, i, axis=0).prod(axis=0)) @ has for i, has in enumerate(inside)]
    return np.array([float(mean.var()) for mean in means])


def measure_impurity(trees: Trees, features: Features, axes: list[MeasuredAxis]) -> NDArray[Any]:
    """Compute by how much the splits on a parameter lower the variance within the nodes of the trees."""
    import numpy as np

    decrease = np.mean([tree.tree_.compute_feature_importances(normalize=False) for tree in trees], axis=0)
    return np.array([decrease[columns].sum() for columns in features.columns])


def measure_shap(trees: Trees, features: Features, axes: list[MeasuredAxis]) -> NDArray[Any]:
    """Compute the mean of how far a parameter moves the prediction for a trial (SHAP; Lundberg et al., 2020)."""
    import numpy as np
    import shap

    rows = features.matrix[:: -(-len(features.matrix) // _EXPLAINED)]
    moves = np.mean([shap.TreeExplainer(tree).shap_values(rows) for tree in trees], axis=0)
    return np.array([np.abs(moves[:, columns].sum(axis=1)).mean() for columns in features.columns])


def _find_leaves(trees: Trees, n_columns: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Find the box of each leaf, `[leaves, columns]` its low and high sides, and its part of the mean prediction."""
    import numpy as np

    parts = [tree.tree_ for tree in trees]
    starts = np.cumsum([0, *(part.node_count for part in parts)])
    left, right = (
        np.concatenate([np.where(side < 0, side, side + start) for side, start in zip(sides, starts, strict=False)])
        for sides in ([part.children_left for part in parts], [part.children_right for part in parts])
    )
    feature, threshold = (np.concatenate([getattr(part, key) for part in parts]) for key in ("feature", "threshold"))
    lows, highs = np.full((starts[-1], n_columns), -np.inf), np.full((starts[-1], n_columns), np.inf)
    nodes = starts[:-1]
    while len(nodes := nodes[left[nodes] >= 0]):  # one level of all trees at a time
        for side, bound in ((left, highs), (right, lows)):
            lows[side[nodes]], highs[side[nodes]] = lows[nodes], highs[nodes]
            bound[side[nodes], feature[nodes]] = threshold[nodes]
        nodes = np.concatenate([left[nodes], right[nodes]])
    leaves = left < 0
    values = np.concatenate([part.value.reshape(-1) for part in parts]) / len(parts)
    return lows[leaves], highs[leaves], values[leaves]
