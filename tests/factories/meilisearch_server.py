"""A local Meilisearch over real HTTP, as docs.meilisearch.com describes its API.

It stores documents and tasks. While it is `away`, connections are cut; while it is `failing`, tasks
are accepted and then fail, as they do when its disk is full.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API_KEY = "a key of the tests"
_TIME = "2026-01-01T00:00:00.000001Z"


@dataclass
class MeilisearchServer:
    """The stored documents and tasks, and the received requests."""

    url: str = ""
    indexes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    away: bool = False
    failing: bool = False
    # Set while requests are held back; going `away` then cuts them off.
    held: threading.Event | None = None

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        return self.indexes.get("products", {})

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        match (method, *path.partition("?")[0].strip("/").split("/")):
            case "GET", "tasks", uid:
                return 200, self.tasks[int(uid)]
            case "PATCH", "indexes", index, "settings":
                self.settings = body
                return self._task(index, "settingsUpdate", {})
            case "POST", "indexes", index, "documents":
                return self._task(
                    index, "documentAdditionOrUpdate", {one["id"]: one for one in body}
                )
            case "POST", "indexes", index, "documents", "delete":
                ids = json.loads(body["filter"].removeprefix("id IN "))
                return self._task(index, "documentDeletion", dict.fromkeys(ids))
            case "DELETE", "indexes", index, "documents":
                return self._task(index, "documentDeletion", dict.fromkeys(self.documents))
            case (_, "indexes", index, *_) if index not in self.indexes:
                return 404, _error(f"Index `{index}` not found.", "index_not_found")
            case "GET", "indexes", index, "stats":
                count = len(self.indexes[index])
                return 200, {"numberOfDocuments": count, "isIndexing": False,
                             "fieldDistribution": {}, "rawDocumentDbSize": 0,
                             "avgDocumentSize": 0, "numberOfEmbeddings": 0,
                             "numberOfEmbeddedDocuments": 0}  # fmt: skip
            case "POST", "indexes", index, "search":
                hits = [{"id": one} for one in self._found(index, body["q"])][: body["limit"]]
                return 200, {"hits": hits, "query": body["q"], "processingTimeMs": 1,
                             "limit": body["limit"], "offset": 0,
                             "estimatedTotalHits": len(hits)}  # fmt: skip
            case _:
                return 404, _error("Not found", "not_found")

    def _task(self, index: str, kind: str, changed: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if not self.failing:
            held = self.indexes.setdefault(index, {})
            held.update(changed)
            for one in [one for one, document in changed.items() if document is None]:
                held.pop(one, None)
        error = _error("No space left on device", "no_space_left_on_device")
        task = {"uid": len(self.tasks), "indexUid": index, "type": kind, "canceledBy": None,
                "status": "failed" if self.failing else "succeeded", "details": None,
                "error": error if self.failing else None, "duration": "PT0.01S",
                "enqueuedAt": _TIME, "startedAt": _TIME, "finishedAt": _TIME}  # fmt: skip
        self.tasks.append(task)
        return 202, {"taskUid": task["uid"], "indexUid": index, "status": "enqueued",
                     "type": kind, "enqueuedAt": _TIME}  # fmt: skip

    def _found(self, index: str, text: str) -> list[str]:
        """Each word is a prefix of one in the document; shorter titles rank higher."""
        words = text.lower().split()
        fits = [
            document
            for document in self.indexes[index].values()
            if all(any(held.startswith(word) for held in _words(document)) for word in words)
        ]
        return [one["id"] for one in sorted(fits, key=lambda one: (len(one["title"]), one["id"]))]


def _words(document: dict[str, Any]) -> list[str]:
    texts = [document["title"], document["description"] or "", *document["codes"]]
    return " ".join(texts).lower().split()


def _error(message: str, code: str) -> dict[str, Any]:
    return {"message": message, "code": code, "type": "invalid_request", "link": "https://docs"}


@contextmanager
def meilisearch_server() -> Iterator[MeilisearchServer]:
    """Run the server for the duration of the block."""
    double = MeilisearchServer()

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if double.away or not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            double.requests.append((self.command, self.path))
            if double.held is not None:
                double.held.wait(20)
                if double.away:
                    self.close_connection = True
                    return
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            if self.headers["authorization"] != f"Bearer {API_KEY}":
                status, answer = 403, _error("The provided API key is invalid.", "invalid_api_key")
            else:
                status, answer = double.answer(self.command, self.path, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
