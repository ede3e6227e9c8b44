"""A stand-in for the Hugging Face Hub on loopback: as much of its API as an upload by its own client takes."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

TOKEN = "hf_hushHushHushHushHush"  # noqa: S105 - the stand-in's own


@dataclass
class Hub:
    """Its repositories.

    Attributes:
        url: where it answers.
        files: of each repository, by its name: content by path, as commits have left them.
        private: whether a repository is; those that are not named here are made as they are asked for.
        status: what every request is answered with; None for what it deserves.
    """

    url: str = ""
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    status: int | None = None
    objects: dict[str, bytes] = field(default_factory=dict)

    def answer(  # noqa: PLR0911 - one for each kind of request
        self, path: str, token: str, body: bytes
    ) -> tuple[int, Any]:
        """Answer a request: a status, and what is sent as JSON."""
        if self.status is not None:
            return self.status, {"error": f"refused for {token}"}
        if path.startswith("/lfs/"):
            oid = path.rpartition("/")[2]
            assert hashlib.sha256(body).hexdigest() == oid
            self.objects[oid] = body
            return 200, {}
        if path == "/api/validate-yaml":
            card = json.loads(body)["content"]
            is_sound = card.startswith("---\nlibrary_name: keras\n")
            return (200 if is_sound else 400), {"errors": [] if is_sound else [{"message": "no library"}]}
        if token != f"Bearer {TOKEN}":
            return 401, {"error": "Invalid credentials in Authorization header"}
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}"
            if asked["organization"] == "others":
                return 403, {"error": "You don't have the rights to create a model under the namespace others"}
            answer = {"url": f"{self.url}/{name}", "name": name, "id": name}
            if name in self.private:
                return 409, {**answer, "error": "You already created this model repo"}
            self.private[name] = asked.get("visibility") == "private" or bool(asked.get("private"))
            self.files[name] = {}
            return 200, answer
        name = "/".join(path.removeprefix("/api/models").removesuffix(".git/info/lfs/objects/batch").split("/")[1:3])
        if name not in self.private:
            return 404, {"error": "Repository not found"}
        if path.endswith("/objects/batch"):
            objects = [
                {**entry, "actions": {"upload": {"href": f"{self.url}/lfs/{entry['oid']}"}}}
                for entry in json.loads(body)["objects"]
            ]
            return 200, {"transfer": "basic", "objects": objects}
        if "/preupload/" in path:
            files = [
                {"path": file["path"], "uploadMode": _choose_mode(file["path"]), "shouldIgnore": False, "oid": None}
                for file in json.loads(body)["files"]
            ]
            return 200, {"files": files}
        if "/commit/" in path:
            self._commit(name, [json.loads(line) for line in body.splitlines()])
            return 200, {"commitUrl": f"{self.url}/{name}/commit/{'0' * 40}", "commitOid": "0" * 40}
        return 200, {"id": name, "private": self.private[name], "tags": [], "siblings": []}

    def _commit(self, name: str, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                assert value["encoding"] == "base64"
                self.files[name][value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.files[name][value["path"]] = self.objects[value["oid"]]


def _choose_mode(path: str) -> str:
    return "lfs" if path.endswith((".keras", ".h5")) else "regular"


@contextmanager
def serve_hub() -> Iterator[Hub]:
    """Serve one while the block lasts."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            status, content = hub.answer(path, self.headers.get("Authorization", ""), body)
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - names that http.server calls

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
