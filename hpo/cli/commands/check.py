"""`hpo check`: the mistakes of a space, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from hpo.analysis import format_money, format_parameters
from hpo.checking import CheckResult, Costs, DescribedPart, FigureRange, SharedEpochs, Times, check_space
from hpo.cli.options import Debug, EngineChoice, Json, Overrides, SpaceFile, SpaceOption, choose_space
from hpo.cli.terminal.console import open_console, show_status
from hpo.cli.terminal.interrupts import INTERRUPTED
from hpo.cli.terminal.lines import INDENT, format_count, print_lines
from hpo.cli.terminal.output import tell, write_json
from hpo.cli.terminal.units import format_number, format_time
from hpo.foreign.discovery import Completion
from hpo.spaces import load
from hpo.tuning import RunOptions

BROKEN = 1


def check(
    file: SpaceFile = None,
    space: SpaceOption = None,
    overrides: Overrides = None,
    engine: EngineChoice = None,
    quick: Annotated[bool, typer.Option("--quick", help="Build no network; answers in under a second.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Find the mistakes of a space before it is searched.

    Shows what cannot be built, what networks cost, and how long a study takes. Exit status: 0 if all is sound, 1 if a
    part of the space is broken or the data cannot be read, 2 if the file has mistakes, 130 if it was interrupted.
    """
    name = choose_space("check", file, space)
    changes = RunOptions(overrides=overrides or (), engine=engine).as_overrides()
    completion = Completion(quick=quick)
    try:
        with show_status() as listen:
            spec = load(name, changes, completion)
            result = check_space(spec, quick=quick, listen=listen, notes=completion.notes)
    except KeyboardInterrupt:
        tell("Interrupted.")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        write_json(result.to_json())
    else:
        _print(result)
    if not result.is_sound:
        raise typer.Exit(BROKEN)


def _print(result: CheckResult) -> None:
    console = open_console()
    findings = result.findings
    lines = [("space", _describe_space(result)), ("tried", _describe_tries(result))]
    if result.repeats > 1:
        text = f"a trial trains {result.repeats} models and has their mean; it takes the time of as many"
        lines.append(("repeats", text))
    if result.sharing is not None:
        lines.append(("sharing", _describe_sharing(result.sharing)))
    lines += [("problem", line) for problem in findings.problems for line in problem.splitlines()]
    print_lines(console, lines)
    for part in findings.broken:
        print_lines(console, [("broken", f"{part.text} ({_format_share(part.share)} of the space)"), ("", part.reason)])
    if findings.tried and not findings.broken:
        print_lines(console, [("broken", "none of the configs that were tried")])
    print_lines(
        console,
        [
            ("constraint", _describe_constraint(constraint.text, constraint.share))
            for constraint in findings.constraints
        ],
    )
    if findings.feasible is not None:
        meets = (
            "no config that was tried meets" if findings.feasible == 0 else f"{_format_share(findings.feasible)} meet"
        )
        print_lines(console, [("", f"{meets} all constraints")])
    print_lines(console, [("idle", str(parameter)) for parameter in findings.idle])
    if findings.costs is not None:
        _print_figures(console, findings.costs, findings.times)
        print_lines(console, [("too large", _describe_too_large(part)) for part in findings.costs.too_large])
    if findings.times is not None:
        print_lines(console, [("study", _describe_study(result, findings.times))])
    print_lines(console, [("note", note) for note in findings.notes])
    if result.quick and findings.tried:
        console.print("\nWithout --quick, networks are built and a few steps timed.", style="dim")


def _describe_space(result: CheckResult) -> str:
    parameters = format_count(result.parameters, "parameter")
    if result.configs is not None:
        text = f"{parameters}, {format_count(result.configs, 'config', 'different configs')}"
        if result.budget is None or result.budget <= result.configs:
            return text
        budget = format_count(result.budget, "trial")
        return f"{text}; the budget is {budget}, and the study ends when every config is tried"
    return f"{parameters}, infinitely many configs, since {_join_names(result.continuous)} continuous"


def _describe_tries(result: CheckResult) -> str:
    findings = result.findings
    configs = format_count(findings.tried, "config")
    if not findings.tried:
        return f"{configs}: none was found that constraints on parameters allow"
    if not findings.networks:
        return f"{configs}, against the rules of their sections; no network was built"
    return f"{configs}, {format_count(findings.networks, 'network', 'different networks')}"


def _describe_sharing(sharing: SharedEpochs) -> str:
    if sharing.trained == sharing.epochs:
        return (
            f"no two of {format_count(sharing.trials, 'random trial')} begin alike, so nothing is saved: the trials "
            "that share a phase have the same data, model, recipe and first phase"
        )
    return (
        f"{format_count(sharing.trials, 'random trial')} would train {sharing.trained} epochs in place of "
        f"{sharing.epochs}; those that begin alike have the same seed"
    )


def _describe_constraint(text: str, share: float | None) -> str:
    return f"{text}: " + (
        "known once networks are built" if share is None else f"{_format_share(share)} of configs meet it"
    )


def _print_figures(console: Console, costs: Costs, times: Times | None) -> None:
    """Print smallest, median and largest of each figure, and below them the configs that have them."""
    rows: list[tuple[str, FigureRange, Callable[[float], str], str]] = [
        ("parameters", costs.parameters, format_number, "numbers of the network"),
        ("FLOPs", costs.flops, format_number, "of one image's prediction"),
        ("memory", costs.memory, _format_bytes, "to train, estimated"),
    ]
    if times is not None:
        rows.append(("trial", times.trial, format_time, "on this machine, estimated"))
    console.print()
    console.print(f"{'':<{INDENT}}{'smallest':>10}  {'median':>10}  {'largest':>10}", style="bold")
    for name, spread, show, meaning in rows:
        values = (spread.smallest.value, spread.median, spread.largest.value)
        figures = "  ".join(f"{show(value):>10}" for value in values)
        console.print(f"{name:<{INDENT}}{figures}  {meaning}", soft_wrap=True)
    for word in ("smallest", "largest"):
        configs = [(name, params) for name, spread, _, _ in rows if (params := getattr(spread, word).params)]
        if configs:
            console.print()
            print_lines(console, [(word, f"{name}: {format_parameters(params)}") for name, params in configs])
    memory = "" if costs.device_memory is None else f", {_format_bytes(costs.device_memory)} of memory"
    console.print()
    print_lines(console, [("device", f"{costs.device}{memory}")])


def _describe_too_large(part: DescribedPart) -> str:
    return f"{part.text} ({_format_share(part.share)} of the space) needs more memory than that, such as {part.reason}"


def _describe_study(result: CheckResult, times: Times) -> str:
    text = (
        f"{result.trials} trials of {format_time(times.mean_s)} in the mean take {format_time(times.study_s)} in one "
        "worker; pruning and early stopping shorten that"
        if result.trials > 1
        else f"1 trial takes {format_time(times.study_s)}; early stopping shortens that"
    )
    if result.timeout_s is not None and result.timeout_s < times.study_s:
        text += f"; the timeout ends it after {format_time(result.timeout_s)}"
    if result.money is not None:
        text += f"; it costs {format_money(result.money, result.currency)}"
    if times.beyond > 1:
        text += (
            f". Steps of the largest networks take too long to be timed here: {times.beyond:.1f} times the operations "
            "of the largest that was"
        )
    return text


def _format_bytes(number: float) -> str:
    return format_number(number, "B")


def _format_share(share: float) -> str:
    if 0 < share < 0.01:  # noqa: PLR2004 - a percent
        return "less than 1%"
    return f"{share:.0%}"


def _join_names(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"{names[0]} is"
    return f"{', '.join(names[:-1])} and {names[-1]} are"
