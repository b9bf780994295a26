"""What a route answers, declared beside its parameters, for /openapi.json.

A `Resource` declares the answers of its plain routes. Any other route names the parts of its
answer: `openapi_extra=ORDER.parameters | answers(order=ORDER, claim=CLAIM)`. A part is a resource
(one row of it), a list of one resource (its rows) or a type that Pydantic can describe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from merx.query.json_schemas import JsonSchema
from merx.query.selection import Node
from merx.web.parameters import Parameter, Part

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Maybe:
    """A part that may be missing from an answer."""

    part: object


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """A part that shows a selection of the graph and is no resource: the names of its components
    begin with `area`; `more` is what rows of an entity have beside what the graph knows."""

    area: str
    root: Node
    more: Mapping[str, Mapping[str, object]] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its parts by name, or one `type` for the whole answer, and its content type."""

    parts: Mapping[str, object]
    type: object = None
    media: str = JSON


class Described(Part):
    """A route's `openapi_extra`, which FastAPI passes through, with the route's answer."""

    def __init__(self, parameters: Sequence[Parameter] = (), answer: Answer | None = None) -> None:
        super().__init__({"parameters": list(parameters)} if parameters else {})
        self.answer = answer

    def __or__(self, other: Part) -> Self:  # pyright: ignore[reportIncompatibleMethodOverride] - narrower on purpose
        """The union of both; the second one's answer wins, if it has one."""
        both = (*self.get("parameters", ()), *other.get("parameters", ()))
        parameters = {(one["name"], one["in"]): one for one in both}
        joined = type(self)([*parameters.values()], getattr(other, "answer", None) or self.answer)
        joined.update({k: v for k, v in {**self, **other}.items() if k != "parameters"})
        return joined


def answers(**parts: object) -> Described:
    """A route whose answer has these parts."""
    return Described(answer=Answer(parts))


def answers_page(**rows: object) -> Described:
    """A route that answers a page: these rows, with count, offset and limit."""
    return answers(**rows, count=int, offset=int, limit=int)


def answers_type(kind: object) -> Described:
    """A route whose whole answer is of this type."""
    return Described(answer=Answer({}, type=kind))


def answers_text(media: str = "text/plain") -> Described:
    """A route that answers something other than JSON."""
    return Described(answer=Answer({}, media=media))


def batch_answer(resource: object) -> Described:
    """A batch: the rows created and updated, and the deleted ids."""
    return answers(created=[resource], updated=[resource], deleted=DELETED_ROWS)


def deleted_parts(kind: str) -> dict[str, object]:
    """The parts of the answer to a deletion; `kind` is what the answer calls the row."""
    constant = {"type": "string", "const": kind}
    return {"id": str, "object": constant, "deleted": bool}


def answers_deleted(kind: str, **parts: object) -> Described:
    """A route that deletes a row."""
    return answers(**{**deleted_parts(kind), **parts})


DELETED_ROWS: JsonSchema = {
    "type": "object",
    "required": ["ids", "object", "deleted"],
    "properties": {
        "ids": {"type": "array", "items": {"type": "string"}},
        "object": {"type": "string"},
        "deleted": {"type": "boolean"},
    },
}
