"""Requests made of the OpenAPI document: nearly what it asks for, then spoiled.

Ids come from earlier answers, so many requests reach things that are there.
"""

import json
import re
from collections import defaultdict
from typing import Any
from urllib.parse import quote

import httpx

from tests.attack.answers import Attacked
from tests.attack.values import BROKEN, NUMBERS, ODD_QUERIES, Chance

Schema = dict[str, Any]
_ID = re.compile(r'"id":"([a-z_]+_[0-9A-Z]{26})"')
_FIRST = re.compile(r'^\{"[a-z_]+":\[?\{"id":"([^"\\]+)"')
_FIXED = {"currency_code": "eur", "country_code": "de", "email": "a@b.test", "attribute": "sku"}
_KINDS = [*["application/json"] * 12, "text/plain", "application/xml", "", "multipart/form-data"]
_FILES = [b"", b"Product Title\nx\n", b"\x00\xff", b'a,"b', b"Handle,Title\na"]


class Requests:
    """Makes them, and learns ids from answers."""

    def __init__(self, document: Schema, chance: Chance) -> None:
        self._chance = chance
        self._components = document["components"]
        self.operations = [
            (method.upper(), path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        ]
        self._below = defaultdict[str, list[str]](list)

    def learn(self, answer: httpx.Response) -> None:
        """The ids of an answer; that of its first row by the list that it stands in."""
        self._chance.ids = [*self._chance.ids[-300:], *_ID.findall(answer.text)[:20]]
        if answer.is_success and (found := _FIRST.search(answer.text)):
            noun = answer.request.url.path.rpartition("/")[2]
            self._below[noun] = [*self._below[noun][-20:], found[1]]

    def make(self, attacked: Attacked, method: str, path: str, operation: Schema) -> httpx.Request:
        """A request of that operation."""
        url = re.sub(r"\{(\w+)(:path)?\}", lambda part: self._segment(path, part[1]), path)
        if query := self._query(operation):
            url = f"{url}?{query}"
        headers = dict(attacked.credentials[self._who(path)])
        body = None
        media = operation.get("requestBody", {}).get("content", {})
        if "multipart/form-data" in media:
            body, headers["content-type"] = self._form()
        elif media:
            [kind, content] = next(iter(media.items()))
            body = self._body(content["schema"])
            own = [kind] * 12 if kind != _KINDS[0] else []
            headers["content-type"] = self._chance.choice([*_KINDS, *own])
        return attacked.client.build_request(method, url, headers=headers, content=body)

    def _who(self, path: str) -> str:
        if self._chance.one_in(12):
            return self._chance.choice(["nobody", "garbage", "buyer", "admin", "basic", "newcomer"])
        shoppers = ["buyer", "buyer", "shopper", "newcomer"]
        return self._chance.choice(shoppers) if path.startswith("/store/") else "admin"

    def _segment(self, path: str, name: str) -> str:
        before = path.partition(f"/{{{name}")[0].rpartition("/")[2]
        known = self._below[before] or self._below[f"product-{before}"]
        if known and not self._chance.one_in(6):
            text = self._chance.choice(known)
        else:
            text = self._chance.any_id() if self._chance.one_in(2) else self._chance.text()[:200]
        return quote(text, safe="", errors="surrogatepass") or "%20"

    def _query(self, operation: Schema) -> str:
        parts = list[str]()
        while self._chance.one_in(4) and len(parts) < 4:
            parts.append(self._chance.choice(ODD_QUERIES))
        for parameter in map(self._resolved, operation.get("parameters", [])):
            if parameter["in"] == "query" and self._chance.one_in(6):
                value = self._value(parameter["schema"], parameter["name"], 1)
                text = value if isinstance(value, str) else json.dumps(value)
                parts.append(f"{parameter['name']}={quote(text, errors='surrogatepass')}")
        return "&".join(parts)

    def _resolved(self, node: Schema) -> Schema:
        """What stands there, or where it points to (`#/components/schemas/Price`)."""
        if "$ref" not in node:
            return node
        *_, kind, name = node["$ref"].split("/")
        return self._components[kind][name]

    def _form(self) -> tuple[bytes, str]:
        name = quote(self._chance.text()[:80], errors="surrogatepass")
        parts = [
            b"--x\r\ncontent-disposition: form-data; name=",
            self._chance.choice([b'"files"', b'"file"', b'"x"', b""]),
            f'; filename="{name}"\r\ncontent-type: text/csv\r\n\r\n'.encode(),
            self._chance.choice(_FILES),
            self._chance.choice([b"\r\n--x--\r\n", b"", b"\r\n--x\r\n"]),
        ]
        kind = (
            "multipart/form-data" if self._chance.one_in(6) else "multipart/form-data; boundary=x"
        )
        return b"".join(parts), kind

    def _body(self, schema: Schema) -> bytes:
        if self._chance.one_in(12):
            return self._chance.choice(BROKEN)
        body = self._value(schema, "", 0)
        for _ in range(self._chance.choice([0, 0, 0, 1, 1, 2, 4])):
            body = self._chance.spoiled(body)
        return json.dumps(body).encode()

    def _value(self, schema: Schema, name: str, depth: int) -> Any:
        """What the schema asks for, or nearly."""
        if "$ref" in schema:
            return self._value(self._resolved(schema), name, depth)
        if several := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            return self._value(self._chance.choice(several), name, depth)
        if "const" in schema or "enum" in schema:
            return self._chance.choice(schema.get("enum") or [schema["const"]])
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "array":
                count = 0 if depth > 5 else self._chance.choice([0, 1, 1, 2, 3])
                item = schema.get("items", {})
                return [self._value(item, name.removesuffix("s"), depth + 1) for _ in range(count)]
            case "string":
                return self._named(name)
            case "integer" | "number":
                return self._chance.choice([0, 1, 1, 2, 3, 5, 10, 10, *NUMBERS])
            case "boolean":
                return self._chance.one_in(2)
            case "null":
                return None
            case _:
                return self._chance.strange()

    def _object(self, schema: Schema, depth: int) -> Schema:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not properties:
            return {self._chance.text(): self._chance.strange()}
        return {
            key: self._value(inner, key, depth + 1)
            for key, inner in properties.items()
            if key in required or (depth < 6 and self._chance.one_in(2 + depth))
        }

    def _named(self, name: str) -> str:
        """A text that fits the name most of the time."""
        if self._chance.one_in(8):
            return self._chance.text()
        if name.endswith(("id", "add", "remove", "delete")):
            noun = name.removesuffix("_id").replace("_", "-")
            known = self._below[f"{noun}s"] or self._below[f"product-{noun}s"]
            return self._chance.choice(known) if known else self._chance.any_id()
        number = self._chance.randrange(10**6)
        return _FIXED.get(name) or (f"N{number}" if number % 2 else f"{name}-{number % 7}")
