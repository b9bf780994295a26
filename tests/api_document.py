"""The API document, to check answers against what it says of them."""

import hashlib
import json
import os
import re
from functools import cache, cached_property
from typing import Any

import httpx
import jsonschema_rs

from merx.app import create_app
from merx.settings import Settings
from tests.databases import FOLDER, ROOT, alone

JSON = "application/json"
Operation = dict[str, Any]


class Document:
    """/openapi.json, written when it is first asked for."""

    @cached_property
    def document(self) -> dict[str, Any]:
        """The whole document."""
        return written()

    def faults(self, answer: httpx.Response) -> str:
        """The differences between an answer and the document; empty if there are none."""
        request = answer.request
        # Unknown paths and log-ins by redirect are not operations.
        operation = self.operation(request.method, request.url.path)
        if operation is None or not answer.content:
            return ""
        found, label = operation
        told = found["responses"].get(str(answer.status_code))
        if told is None:
            return f"{label} does not tell of status {answer.status_code}: {answer.text[:300]}"
        told = self._resolved(told)
        if not answer.headers.get("content-type", "").startswith(JSON):
            return "" if JSON not in told["content"] else f"{label} did not answer with JSON"
        faults = self.mismatches((found, label), answer.status_code, answer.json())
        return "\n".join((f"{label} {answer.status_code}", *faults[:10])) if faults else ""

    def mismatches(self, operation: tuple[Operation, str], status: int, body: Any) -> list[str]:
        """Where a body is not as the schema of an operation's answer says."""
        content = self._resolved(operation[0]["responses"][str(status)])["content"]
        if JSON not in content:
            return ["It is not JSON."]
        return self._differences(content[JSON]["schema"], body)

    def _resolved(self, answer: Operation) -> Operation:
        shared = self.document["components"]["responses"]
        return shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer

    def accepts(self, operation: tuple[Operation, str], body: Any) -> bool:
        """Whether a body is as the schema of an operation's request says."""
        content = operation[0].get("requestBody", {}).get("content", {})
        return JSON in content and not self._differences(content[JSON]["schema"], body)

    def _differences(self, schema: dict[str, Any], value: Any) -> list[str]:
        return [
            f"{'.'.join(map(str, error.instance_path))}: {error.message[:300]}"
            for error in self._validator(schema).iter_errors(value)
        ]

    def _validator(self, schema: dict[str, Any]) -> Any:
        key = repr(schema)
        if key not in self._validators:
            known = self.document["components"]["schemas"]
            needed, waiting = dict[str, Any](), _names(key)
            while waiting:
                name = waiting.pop()
                if name not in needed:
                    needed[name] = known[name]
                    waiting |= self._named[name]
            whole = {**schema, "components": {"schemas": needed}}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        return self._validators[key]

    @cached_property
    def _named(self) -> dict[str, set[str]]:
        schemas = self.document["components"]["schemas"].items()
        return {name: _names(repr(schema)) for name, schema in schemas}

    @cached_property
    def _found(self) -> dict[tuple[str, str], tuple[Operation, str] | None]:
        return {}

    @cached_property
    def _validators(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _shapes(self) -> list[tuple[re.Pattern[str], str]]:
        # A word before a parameter: /users/me is not /users/{id}.
        paths = sorted(self.document["paths"], key=lambda path: path.count("{"))
        return [(re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)), path) for path in paths]

    def operation(self, method: str, path: str) -> tuple[Operation, str] | None:
        """The document's operation for a request, with its method and path."""
        key = method, path
        if key not in self._found:
            self._found[key] = self._find(method, path)
        return self._found[key]

    def _find(self, method: str, path: str) -> tuple[Operation, str] | None:
        for shape, template in self._shapes:
            operation = self.document["paths"][template].get(method.lower())
            if operation and shape.fullmatch(path):
                return operation, f"{method} {template}"
        return None


@cache
def written() -> dict[str, Any]:
    """The document, cached with the databases until the code changes: it takes seconds."""
    content = hashlib.sha256((ROOT / "uv.lock").read_bytes())
    for path in sorted((ROOT / "src" / "merx").rglob("*.*")):
        # Its examples are data beside the code.
        if path.suffix in (".py", ".json"):
            content.update(path.read_bytes())
    kept = FOLDER / f"openapi-{content.hexdigest()[:16]}.json"
    # One of the workers writes it, while the others wait.
    with alone():
        if not kept.exists():
            for older in FOLDER.glob("openapi-*.json"):
                older.unlink(missing_ok=True)
            unfinished = kept.with_suffix(f".{os.getpid()}")
            unfinished.write_text(json.dumps(create_app(Settings()).openapi()))
            unfinished.replace(kept)
    return json.loads(kept.read_text())


def _names(schema: str) -> set[str]:
    """The schemas that a schema refers to."""
    return set(re.findall(r"#/components/schemas/(\w+)", schema))
