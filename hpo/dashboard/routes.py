"""Which requests Optuna's dashboard may answer: those that read, and those that write a note; no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import bottle
from optuna.artifacts.exceptions import ArtifactNotFound

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
_PAGE = ("GET", "/dashboard<:re:(/.*)?>")
_REMARK = "read-only but for notes: hpo mv renames a study, hpo rm removes one"
_STYLE = f"""<style>
button[aria-label="rename study"], button[aria-label="delete study"] {{ display: none; }}
body::after {{ content: "{_REMARK}"; position: fixed; right: 0; bottom: 0; padding: 2px 8px; z-index: 2000;
  font: 12px system-ui, sans-serif; color: #fff; background: #555; pointer-events: none; }}
</style></head>"""
"""Takes buttons away that would be refused, and says so."""
HTTP_OK, FORBIDDEN, NOT_FOUND, CONFLICT, INVALID = 200, 403, 404, 409, 400


class RouteGuard:
    """A plugin of Bottle's, through which every route passes when it is used first: those that are unknown, too."""

    name, api = "hpo", 2

    def __init__(self, studies: StudyCollection) -> None:
        self._studies = studies

    def apply(self, callback: Callable[..., Any], route: bottle.Route) -> Callable[..., Any]:
        """Give what answers a route."""
        key = route.method, route.rule
        if key == _PAGE:
            return lambda **arguments: _style_page(callback(**arguments))
        if key in _READING:
            return _answer_errors(callback)
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
        # Not 204 as Optuna's dashboard: its page takes that for a failure, since it reads JSON of every answer (0.21).
        bottle.response.content_type = "application/json"
        return "{}"


def _answer_errors(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Have a picture that cannot be drawn answered with the reason."""

    def answer(**arguments: object) -> Any:  # noqa: ANN401 - Bottle's
        try:
            return callback(**arguments)
        except (ArtifactNotFound, HpoError) as error:
            return _answer(NOT_FOUND, str(error))

    return answer


def _style_page(page: bottle.HTTPResponse) -> bottle.HTTPResponse:
    """Add the style to a page that is sent whole; one that the browser has is not sent."""
    if page.status_code == HTTP_OK and bottle.request.method == "GET":
        with page.body as file:
            body = file.read().replace(b"</head>", _STYLE.encode(), 1)
        page.body = body
        page.set_header("Content-Length", str(len(body)))
    return page


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
