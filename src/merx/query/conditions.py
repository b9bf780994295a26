"""Filters as a tree of conditions over the graph, with their values.

Values are always bound parameters. A condition whose path crosses a relation is true if any related
row meets it.
"""

from dataclasses import dataclass
from typing import Any, Literal

Operator = Literal["=", "<>", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "~"]


@dataclass(frozen=True, slots=True)
class Compare:
    """A field at the end of a path compared with a value (a list for IN and NOT IN)."""

    path: tuple[str, ...]
    operator: Operator
    value: Any = None


@dataclass(frozen=True, slots=True)
class Search:
    """Every word of the text occurs in one of the entity's searchable paths."""

    text: str


@dataclass(frozen=True, slots=True)
class Related:
    """At least one row of the relation meets the condition."""

    relation: str
    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Every:
    """All parts are true; with no parts, true."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part is true; with no parts, false."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The part is not true."""

    part: "Condition"


Condition = Compare | Search | Related | Every | Either | Negation


def containing(text: str) -> str:
    """The LIKE pattern for values that contain the text."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
