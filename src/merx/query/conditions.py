"""Filters as a tree of conditions over the graph, with the values beside the names.

Values are always bound parameters. A path through a relation holds when any related row meets it.
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
    """Each of the text's words occurs in one of the entity's searchable paths."""

    text: str


@dataclass(frozen=True, slots=True)
class Related:
    """Some row of the relation meets the condition."""

    relation: str
    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold; no parts hold always."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds; no parts never hold."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The part does not hold."""

    part: "Condition"


Condition = Compare | Search | Related | Every | Either | Negation


def containing(text: str) -> str:
    """The pattern of LIKE for what contains the text."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
