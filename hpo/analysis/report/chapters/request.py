"""What was asked: the goal, the data, what may vary, how it is searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hpo.analysis.report.document import Chapter, Column, DataTable, Paragraph, ReportBlock
from hpo.analysis.report.source import ReportSource
from hpo.analysis.texts.wording import format_duration, format_parameter_value, format_range
from hpo.spaces import Objective, ScalarValue, SearchSpace, Value
from hpo.spaces.space.parameters import KINDS
from hpo.spaces.space.rendering import flow

_SECTIONS = ("data", "model", "training")
_MOST_ALTERNATIVES = 8


def describe_request(source: ReportSource) -> Chapter:
    """Say what was asked of the study."""
    return Chapter("What was asked", tuple(_describe(source)))


def _describe(source: ReportSource) -> Iterator[ReportBlock]:
    spec, data = source.study.spec, source.study.data
    yield Paragraph(f"Find the config that {describe_goal(source.objectives)}.")
    if data is not None:
        yield Paragraph(f"The data is {data['text']}.")
        for note in data["notes"]:
            yield Paragraph(f"About the data: {note}.", "warning")
    elif source.trials:
        yield Paragraph("The study does not say what was read of the data.", "note")
    else:
        yield Paragraph("No worker has read the data yet.", "note")
    yield _list_settings(source)
    title = "the best has" if source.has_one_objective else f"the best by {source.objectives[0].metric} has"
    yield list_parameters(spec.space, None if source.best is None else source.best.params, title)
    if spec.constraints:
        rows = tuple((constraint.text,) for constraint in spec.constraints)
        yield DataTable("What a config has to meet before it is trained", (Column("constraint"),), rows)


def describe_goal(objectives: Sequence[Objective]) -> str:
    """Say what the best config has: `has the highest val_accuracy`."""
    words = {"maximize": "highest", "minimize": "lowest"}
    goals = [f"the {words[objective.direction]} {objective.metric}" for objective in objectives]
    if len(goals) == 1:
        return f"has {goals[0]} after its best epoch"
    return f"cannot be beaten in all of these at once: {', '.join(goals)}"


def _list_settings(source: ReportSource) -> DataTable:
    spec, budget = source.study.spec, source.study.budget
    limits = [f"{budget.trials:,} trials"]
    if budget.timeout_s is not None:
        limits.append(f"{format_duration(budget.timeout_s)} of work")
    rows = [
        *(row for section in _SECTIONS for row in _list_constants(section, spec.document.get(section))),
        ("budget", ", ".join(limits)),
        ("search", ", ".join([spec.search.backend, *(f"{key} {name}" for key, name in spec.search.choices.items())])),
        ("engine", spec.engine),
        ("seed", str(spec.seed)),
    ]
    if spec.start_from:
        rows.append(("tried first", f"{len(spec.start_from)} given config{'' if len(spec.start_from) == 1 else 's'}"))
    return DataTable("What all trials have in common", (Column("setting"), Column("value")), tuple(rows))


def _list_constants(path: str, value: Value) -> Iterator[tuple[str, str]]:
    """Give the constants of a section of the file by their paths, as `--set` has them."""
    if isinstance(value, dict):
        if not any(kind in value for kind in KINDS):
            for key, item in value.items():
                yield from _list_constants(f"{path}.{key}", item)
    elif isinstance(value, list):
        if any(isinstance(item, dict) for item in value):
            for index, item in enumerate(value):
                yield from _list_constants(f"{path}.{index}", item)
        else:
            yield path, flow(value)
    else:
        yield path, format_parameter_value(value)


def list_parameters(space: SearchSpace, chosen: Mapping[str, ScalarValue] | None, title: str) -> ReportBlock:
    """List what may vary.

    Args:
        space: that was searched.
        chosen: what one trial has of it; None for no trial.
        title: of the column that says so.
    """
    conditions = list(space.conditions())
    if not conditions:
        return Paragraph("Nothing varies: the file has no parameter, so all trials have the same config.", "warning")
    rows = []
    for parameter, needed in conditions:
        only = " and ".join(f"{name} is {_list_values(values)}" for name, values in needed.items())
        value = ""
        if chosen is not None:
            value = format_parameter_value(chosen[parameter.name]) if parameter.name in chosen else "-"
        rows.append((parameter.name, format_range(parameter), only, value))
    columns = [Column("parameter"), Column("may be"), Column("only where"), Column(title)]
    dropped = {index for index in (2, 3) if not any(row[index] for row in rows)}
    return DataTable(
        "What varies from trial to trial",
        tuple(column for index, column in enumerate(columns) if index not in dropped),
        tuple(tuple(cell for index, cell in enumerate(row) if index not in dropped) for row in rows),
    )


def _list_values(values: tuple[object, ...]) -> str:
    texts = [format_parameter_value(value) for value in values]  # type: ignore[arg-type]
    return " or ".join(texts[:_MOST_ALTERNATIVES]) + (" or ..." if len(texts) > _MOST_ALTERNATIVES else "")
