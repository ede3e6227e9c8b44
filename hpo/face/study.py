"""A study as Python sees it: what it has found, and how it came about."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo.analysis import (
    ConfirmationSummary,
    ImportanceMethod,
    Importances,
    ReportFormat,
    Selection,
    compute_importances,
    describe_confirmation,
    draw_plot,
    summarize_confirmation,
    write_report,
)
from hpo.analysis.diagnosis import (
    Advice,
    Certainty,
    Conclusion,
    TrialDiagnosis,
    advise,
    conclude,
    diagnose_trials,
    measure_certainty,
    rank_trials,
)
from hpo.errors import Fault, UserError, WorkError
from hpo.face.notebook import show_in_notebook
from hpo.face.shipping import ShippingStudy
from hpo.face.trials import BestTrial, Trial
from hpo.studies import (
    Budget,
    EndEstimate,
    StudyAddress,
    StudyCosts,
    StudyFiles,
    StudyRecord,
    StudyState,
    TrialState,
    set_tag,
    space_document,
)
from hpo.tuning import Reproduction, reproduce

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from hpo.dashboard import Dashboard


class Study(ShippingStudy):
    """A study; everything read from it is as it is at that moment, while it runs as well."""

    def __init__(self, address: StudyAddress) -> None:
        """Open the study at an address; `hpo.open_study` does it by name.

        Raises:
            StudyNotFoundError: there is none.
        """
        if not isinstance(address, StudyAddress):
            rule, remedy = "it is a StudyAddress", f"open a study by its name: hpo.open_study({address!r})"
            raise UserError(Fault(rule, repr(address), remedy, subject="address"))
        self._record = StudyRecord(address)

    def __repr__(self) -> str:
        return f"<Study {self.name!r}, {self.state}, in {str(self.path)!r}>"

    @property
    def name(self) -> str:
        """The study's name."""
        return self._record.name

    @property
    def address(self) -> StudyAddress:
        """Where the study is kept."""
        return self._record.address

    @property
    def folder(self) -> StudyFiles:
        """The study's files: its models, reports and logs."""
        return self._record.files

    @property
    def path(self) -> Path:
        """Where those lie."""
        return self.folder.path

    @property
    def state(self) -> StudyState:
        """`running` while a process works on it, `finished` when its budget is used up, else `paused`."""
        return self._record.state

    @property
    def space(self) -> dict[str, Any]:
        """The space that it searches, as plain values: what `hpo.run` takes to go on with it."""
        return space_document(self._record)

    @property
    def best(self) -> BestTrial | None:
        """The best complete trial, by the first objective; None while there is none. Of equals, the earlier one."""
        return next(iter(self.front), None)

    @property
    def front(self) -> list[BestTrial]:
        """The complete trials that no other beats in every objective, the best in the first objective first."""
        return [BestTrial.of(best, self.address) for best in self._record.front]

    @property
    def test_score(self) -> dict[str, Any] | None:
        """The best trial's score on the test part, `{trial, accuracy, loss, ...}`; None until it was evaluated."""
        return self._record.test_score

    @property
    def test_scores(self) -> dict[int, dict[str, Any]]:
        """The scores on the test part of trials of the front, by their numbers."""
        return self._record.test_scores

    @property
    def budget(self) -> Budget:
        """How much the study may do in all, and how much of it is used."""
        return self._record.budget

    @property
    def confirmation(self) -> ConfirmationSummary | None:
        """What `hpo confirm` has found, with its intervals and `in_words()`; None where it was never typed."""
        return summarize_confirmation(self._record)

    @property
    def costs(self) -> StudyCosts:
        """What the trials have cost: time, GPU-hours, epochs, and money where the file has a price."""
        return self._record.costs

    def estimate_end(self) -> EndEstimate | None:
        """When no more trials run, with a range; None where nothing is left to run, or before a trial has ended."""
        return self._record.estimate_end()

    def counts(self) -> dict[TrialState, int]:
        """How many trials of the search are in each state."""
        return self._record.counts()

    def trials(self) -> list[Trial]:
        """Every trial, by number, as `hpo trials --json` has it; one that confirms another has the key `confirms`."""
        return [Trial(trial.to_json()) for trial in self._record.trials(confirming=True)]

    def dataframe(self, *, learning_curves: bool = False) -> pd.DataFrame:
        """The trials as a table of pandas.

        Args:
            learning_curves: one row an epoch of each trial, with its metrics, instead of one row a trial.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        from hpo.face.dataframe import make_curves_frame, make_trials_frame

        return make_curves_frame(self._record) if learning_curves else make_trials_frame(self._record)

    @property
    def conclusion(self) -> Conclusion:
        """What became of the study: its `kind`, `words`, and `evidence`; see `diagnose`."""
        return conclude(self._record.snapshot())

    @property
    def certainty(self) -> Certainty | None:
        """How sure the figure of the best trial is, with `in_words()`; None while no trial is complete."""
        return measure_certainty(self._record.snapshot())

    def diagnose(self, *numbers: int) -> list[TrialDiagnosis]:
        """Say what became of trials, by their learning curves: `kind`, `words` and `evidence` of each.

        Args:
            numbers: of the trials; none for the ten best.

        Raises:
            UserError: there is no trial of such a number.
        """
        record = self._record.snapshot()
        known = {trial.number for trial in record.frozen_trials(confirming=True)}
        for number in numbers:
            if number not in known:
                raise UserError(Fault("it is the number of a trial", repr(number), subject=f"study {self.name}"))
        return diagnose_trials(record, numbers or rank_trials(record)[:10])

    def advise(self) -> list[Advice]:
        """Say what to try next: `words`, `evidence` and `remedy` of each piece of advice, the most promising first."""
        return advise(self._record)

    def importances(
        self,
        *,
        method: ImportanceMethod | None = None,
        metric: str | None = None,
        trials: Selection = "all",
        pruned: bool = False,
    ) -> Importances:
        """Which parameters decided the result, and how sure that is.

        Args:
            method: `fanova` (None), `ped_anova`, `mdi` or `shap`, which needs the package shap.
            metric: what is explained: an objective, a metric of epochs (of the best epoch), a measure such as
                `parameters`, or `duration_s`; None for the objectives.
            trials: `all`, or the `best quarter` by the objectives.
            pruned: whether pruned trials count too, by their own best epochs.

        Raises:
            UserError: no trial has the metric, or there is no such method.
            MissingExtraError: the method needs a package that is not installed.
        """
        return compute_importances(self._record, method=method, metric=metric, trials=trials, pruned=pruned)

    def plot(self, name: str) -> go.Figure:
        """Draw the study, as `hpo plot` does: a figure of plotly's, which a notebook shows.

        Args:
            name: of a plot, as `history`, `slice` or `learning_curves`.

        Raises:
            UserError: there is no such plot, and the error lists those that there are; or this study has not what it
                needs, and the error says what that is.
        """
        return draw_plot(self._record, name)

    def report(self, path: str | Path | None = None, *, format: ReportFormat | None = None) -> Path:
        """Write what the study has taught as a page, a PDF, Markdown or a notebook, as `hpo report` does.

        Args:
            path: the file, or a folder; by default `report.FORMAT` in the study's folder `reports`.
            format: `html`, `pdf`, `md` or `ipynb`; by default that of the path, and HTML without one.

        Returns:
            The path of the report.

        Raises:
            UserError: there is no such format, or the path cannot be written to.
            MissingExtraError: what draws pictures or PDFs is not installed.
        """
        return write_report(self._record, format, None if path is None else Path(path))

    def dashboard(self, *others: Study, port: int = 0) -> Dashboard:
        """Show the study in Optuna's dashboard, as `hpo dashboard` does: `url` has its address on this machine.

        It is served until its `close` is called, the `with` statement that it is used in ends, or this process does.

        Args:
            others: studies beside it.
            port: where; 0 takes one that is free.

        Raises:
            MissingExtraError: Optuna's dashboard is not installed.
            UserError: the port is not free.
        """
        from hpo.dashboard import Dashboard

        return Dashboard([self.address, *(other.address for other in others)], port=port).start()

    def card(self, trial: int | None = None) -> str:
        """Write the card of a model, as `hpo card` does: Markdown.

        Args:
            trial: whose model it is; None for the best.

        Raises:
            UserError: it was not kept.
        """
        from hpo.shipping import find_model
        from hpo.shipping.card import make_card

        return make_card(find_model(self.address, trial=trial))

    @property
    def tags(self) -> dict[str, int]:
        """The tags that name models of the study, each with the number of the trial."""
        return {name: tag["trial"] for name, tag in self._record.ledger.tags.items()}

    def tag(self, name: str, trial: int | None = None) -> None:
        """Give a name to a model, which no other one beside it has from then on; the model is kept as long as it does.

        Args:
            name: such as `production`: what a study may be called.
            trial: whose model it is; None for the best.

        Raises:
            UserError: the model was not kept, or it is no name that a tag can have.
        """
        from hpo.shipping import find_model

        number = find_model(self.address, trial=trial).trial
        assert number is not None  # noqa: S101 - a model of a study has a trial
        set_tag(self.address, number, name)

    def reproduce(
        self, number: int, *, overrides: Sequence[str] = (), listen: Callable[[str], object] = str
    ) -> Reproduction:
        """Train a trial again from its record alone, and compare it to the last bit, as `hpo reproduce` does.

        Nothing of the study is changed.

        Args:
            number: of the trial, a complete or a pruned one.
            overrides: `data.path=PATH`, where the data lies elsewhere on this machine.
            listen: called with what is being done.

        Returns:
            Whether it `is_equal`, its `first_difference`, what of the `environment` differs, and all that `in_words()`.

        Raises:
            UserError: there is no such trial, or it has come to no epoch.
            DataError: the data is not what it was.
            WorkError: the process that trains ended.
        """
        return reproduce(self._record, number, overrides=overrides, listen=listen, warn=_warn)

    def environments(self) -> list[dict[str, Any]]:
        """One entry for each time that the study was worked on: when, for how long, on what."""
        return self._record.environments()

    def summary(self) -> dict[str, Any]:
        """What `hpo show --json` prints."""
        return {**self._record.summary(), **describe_confirmation(self._record)}

    def pause(self, *, wait: bool = True) -> None:
        """Have all who work on the study, on whatever machine, give their trials back and end, as Ctrl-C does.

        Args:
            wait: until they have, for a minute and a half at most.

        Raises:
            WorkError: some have not ended by then.
        """
        from hpo.fleet.pausing import PATIENCE, is_worked_on, pause_study

        running = pause_study(self.address, PATIENCE if wait else 0.0)
        if wait and is_worked_on(self._record):
            where = "; ".join(f"trial {trial.number} on {trial.worker}" for trial in running) or "no trial"
            raise WorkError(f"study {self.name}: it pauses within {PATIENCE:.0f} s. Received {where}, still running.")

    def _repr_html_(self) -> str:
        """What a notebook shows: the figures, and the best config as a table."""
        return show_in_notebook(self._record)


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=3)
