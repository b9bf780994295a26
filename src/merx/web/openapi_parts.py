"""Shared components of /openapi.json: parts of all operations, and parts that many repeat."""

from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from merx.core.shapes import is_dict, is_list
from merx.web.parameters import Part
from merx.web.schemas import pascal

ABOUT = """\
A headless commerce backend that speaks the Medusa v2 HTTP API.

**Areas.** `/admin` is for users and secret keys, `/store` for storefronts with a publishable key
(`x-publishable-api-key`) and their customers, `/auth` gives tokens.

**Fields.** `fields` says what an answer shows: `id,title` only these, `+a` this too, `-a` all but
this, `*variants` a relation with its columns, `variants.prices.amount` any depth. Without it an
answer shows the route's defaults, which are what the schemas describe; with it any of them may be
missing, and others may be there.

**Lists.** `limit` and `offset` choose the page, `count` is the number of all rows. `order` takes
paths of fields, a minus before one for descending. `q` finds rows by their texts.
`with_deleted=true` shows deleted rows too.

**Filters.** `status=draft` or `status[]=draft&status[]=published` compare; a filter that takes
operators also understands `created_at[$gt]=2026-01-01`, with `$eq`, `$ne`, `$in`, `$nin`, `$gt`,
`$gte`, `$lt`, `$lte`, `$like`, `$ilike` and `$not`. `$and` and `$or` combine filters.

**Changes.** A change is one transaction: done whole or not at all. `Idempotency-Key` makes a
repetition safe, `If-Match` makes a change conditional, `dry_run=true` shows what a change would
do.

**Errors** are `{type, message, code?}`; with `Prefer: errors=detailed` also `errors`, one for
each bad row or field.
"""
_LEAST = 2
_SCHEMAS = "#/components/schemas/"


def shorten_names(document: Part) -> None:
    """Give equally named schemas of two modules distinct names that are valid class names.

    `merx__modules__order__order_schemas__AddressInput` → `OrderAddressInput`.
    """
    schemas: Part = document["components"]["schemas"]
    names = {
        name: pascal(name.split("__")[2]) + name.rpartition("__")[2]
        for name in schemas
        if name.startswith("merx__modules__")
    }
    for name, short in names.items():
        schemas[short] = {**schemas.pop(name), "title": short}
    refs = {f"{_SCHEMAS}{name}": f"{_SCHEMAS}{short}" for name, short in names.items()}
    _rename(document, refs)


def _rename(node: Any, refs: dict[str, str]) -> None:
    if is_dict(node):
        if node.get("$ref") in refs:
            node["$ref"] = refs[node["$ref"]]
        node = list(node.values())
    if is_list(node):
        for part in node:
            _rename(part, refs)


def share_repeated(document: Part) -> None:
    """Move parameters and answers that several operations repeat into components."""
    components: Part = document["components"]
    every = [operation for methods in document["paths"].values() for operation in methods.values()]
    parameters = _Shared("parameters")
    answers = _Shared("responses")
    for operation in every:
        for parameter in operation.get("parameters", ()):
            parameters.count(parameter)
        for status, answer in operation["responses"].items():
            if not status.startswith("2"):
                answers.count(answer)
    for operation in every:
        if "parameters" in operation:
            operation["parameters"] = list(_referring(operation["parameters"], parameters))
        operation["responses"] = {
            status: answers.refer(answer, pascal(HTTPStatus(int(status)).phrase.replace("-", " ")))
            for status, answer in operation["responses"].items()
        }
    components["parameters"] = dict(sorted(parameters.components.items()))
    components["responses"] = dict(sorted(answers.components.items()))


def _referring(given: list[Part], shared: "_Shared") -> Iterator[Part]:
    for parameter in given:
        entity = parameter.pop("x-entity", "")
        name = pascal(entity) + pascal(parameter["name"].strip("$"))
        yield shared.refer(parameter, name) if parameter["in"] != "path" else parameter


class _Shared:
    """Values of one kind that become components if they occur several times."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._counts = Counter[str]()
        self._names: dict[str, str] = {}
        self.components: dict[str, Part] = {}

    def count(self, value: Part) -> None:
        """Count one more occurrence of the value."""
        self._counts[_text(value)] += 1

    def refer(self, value: Part, name: str) -> Part:
        """The value, or a reference to its component, which is named after `name`."""
        text = _text(value)
        if self._counts[text] < _LEAST:
            return value
        if text not in self._names:
            free, number = name, 1
            while free in self.components:
                number += 1
                free = f"{name}{number}"
            self._names[text] = free
            self.components[free] = value
        return {"$ref": f"#/components/{self._kind}/{self._names[text]}"}


def _text(value: Part) -> str:
    return repr(sorted((k, v) for k, v in value.items() if k != "x-entity"))
