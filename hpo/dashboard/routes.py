"""Which requests Optuna's dashboard may answer: those that read, and those that write a note; no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import bottle

from hpo.dashboard.collection import REFUSAL, StudyCollection
from hpo.dashboard.served import split_trial_id
from hpo.errors import HpoError, StudyConflictError
from hpo.studies.store.stored import StudyNote, read_notes

_READING = frozenset({
    ("GET", "/"),
    ("GET", "/dashboard<:re:(/.*)?>"),
    ("GET", "/favicon.ico"),
    ("GET", "/static/<filename:path>"),
    ("GET", "/api/meta"),
    ("GET", "/api/studies"),
    ("GET", "/api/studies/<study_id:int>"),
    ("GET", "/api/studies/<study_id:int>/param_importances"),
    ("GET", "/api/studies/<study_id:int>/plot/<plot_type>"),
    ("GET", "/csv/<study_id:int>"),
    ("GET", "/artifacts/<study_id:int>/<trial_id:int>/<artifact_id:re:[0-9a-fA-F-]+>"),
})  # fmt: skip
_NOTES = frozenset({
    ("PUT", "/api/studies/<study_id:int>/note"),
    ("PUT", "/api/studies/<study_id:int>/<trial_id:int>/note"),
})  # fmt: skip
FORBIDDEN, NOT_FOUND, CONFLICT, WRITTEN, INVALID = 403, 404, 409, 204, 400


class RouteGuard:
    """A plugin of Bottle's, through which every route passes when it is used first: those that are unknown, too."""

    name, api = "hpo", 2

    def __init__(self, studies: StudyCollection) -> None:
        self._studies = studies

    def apply(self, callback: Callable[..., Any], route: bottle.Route) -> Callable[..., Any]:
        """Give what answers a route."""
        key = route.method, route.rule
        if key in _READING:
            return callback
        return self._write_note if key in _NOTES else _refuse

    def _write_note(self, study_id: int, trial_id: int | None = None) -> str:
        try:
            study = self._studies.find(study_id)
            owner, number = (study_id, None) if trial_id is None else split_trial_id(trial_id)
            version, body = _read_note(bottle.request.json)
            if owner != study_id:
                raise KeyError(trial_id)
            study.write_note(number, version, body)
        except KeyError:
            return _answer(NOT_FOUND, "note: there is no such study, or no such trial in it.")
        except (ValueError, TypeError, bottle.HTTPError):
            return _answer(INVALID, "note: it has a version, a number, and a body, text.")
        except StudyConflictError as error:
            attributes = self._studies.get_study_system_attrs(study_id)
            note = read_notes(attributes).get(trial_id, StudyNote())
            return _answer(CONFLICT, str(error), note={"version": note.version, "body": note.text})
        except HpoError as error:
            return _answer(INVALID, str(error))
        bottle.response.status = WRITTEN
        return ""


def _read_note(request: Any) -> tuple[int, str]:  # noqa: ANN401 - plain values
    version, body = request["version"], request["body"]
    if not isinstance(version, int) or isinstance(version, bool) or not isinstance(body, str):
        raise TypeError
    return version, body


def _refuse(**arguments: object) -> str:
    return _answer(FORBIDDEN, REFUSAL)


def _answer(status: int, reason: str, **more: object) -> str:
    bottle.response.status = status
    bottle.response.content_type = "application/json"
    return json.dumps({"reason": reason, **more})
