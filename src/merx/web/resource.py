"""Resource: what the plain routes need to know about a readable thing.

Deliberately small and without hooks: a route that is not plain is an ordinary function beside it.
`queries` parses what a request asks for, `reads` reads and answers it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from merx.core.errors import NotFound
from merx.core.shapes import Json
from merx.links import GRAPH
from merx.query.plan import Facet
from merx.query.selection import Node, check_length, parse_fields, select
from merx.query.trees import PLAIN, Shape, follow
from merx.web.answers import Answer, Described, Maybe, answers_deleted, batch_answer
from merx.web.filters import Filter, Filters, Nested
from merx.web.parameters import (
    AFTER,
    COUNT,
    FACETS,
    OFFSET,
    ORDER,
    SEARCH,
    Parameter,
    context_parameter,
    fields_parameter,
    filter_parameter,
    flag_parameter,
    limit_parameter,
)


@dataclass(frozen=True, eq=False)
class Resource:
    """A readable thing with a URL.

    - `singular`, `plural`: its keys in answers.
    - `fields`: the contract's default fields; `also`: paths shown whatever a query asks for.
    - `filters`: the filters of lists; `ignores_unknown`: unknown ones are ignored, not refused.
    - `context`: extra query parameters that computed fields read (a currency, a region).
    - `missing`: the message of a 404.
    - `trees`: flags of the query, each with the relation that it shows to its end. In a list, rows
      of such a tree must meet the `tree_flags` that the list is filtered by, and always `flags`.
    - `order`: the order of a list that asks for none.
    - `allowed`: if set, the only fields that a caller may select and order by; deleted rows are
      then hidden.
    - `facets`: the counts that a list can be asked for.
    """

    entity: str
    singular: str
    plural: str
    fields: str
    filters: Filters = field(default_factory=dict[str, Filter | Nested])
    limit: int = 20
    object: str = ""
    missing: str = ""
    context: tuple[str, ...] = ()
    searchable: bool = True
    ignores_unknown: bool = False
    combines: bool = True
    trees: Mapping[str, str] = field(default_factory=dict[str, str])
    tree_flags: tuple[str, ...] = ()
    flags: tuple[tuple[str, bool], ...] = ()
    order: str = ""
    allowed: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    omits: tuple[str, ...] = ()
    facets: Mapping[str, Facet] = field(default_factory=dict[str, Facet])

    @cached_property
    def defaults(self) -> tuple[str, ...]:
        """The default fields, one by one."""
        return tuple(self.fields.replace(",", " ").split())

    @cached_property
    def parameters(self) -> Described:
        """The OpenAPI description of a route that answers one row."""
        return Described(
            [self._fields, *map(context_parameter, self.context), *self._flags],
            Answer({self.singular: self}),
        )

    @cached_property
    def page_parameters(self) -> Described:
        """The OpenAPI description of a route that answers a page."""
        # A list that began at a cursor has no offset and says where the next page begins.
        parts = {
            "count": COUNT,
            "limit": COUNT,
            "offset": Maybe(COUNT),
            "after": Maybe(str | None),
            "facets": Maybe(dict[str, Any]),
        }
        return Described(self.list_parameters, Answer({self.plural: [self], **parts}))

    @cached_property
    def all_parameters(self) -> Described:
        """The OpenAPI description of a route that answers a list without pages."""
        return Described(self.list_parameters, Answer({self.plural: [self]}))

    @cached_property
    def list_parameters(self) -> list[Parameter]:
        """The OpenAPI parameters of a list: page, order, search and filters."""
        return [
            self._fields,
            ORDER,
            AFTER,
            *((FACETS,) if self.facets else ()),
            *((SEARCH,) if self.searchable else ()),
            *map(context_parameter, self.context),
            limit_parameter(self.limit),
            OFFSET,
            *self._flags,
            *self.filter_parameters,
        ]

    @cached_property
    def filter_parameters(self) -> list[Parameter]:
        """The OpenAPI parameters of the filters."""
        return [
            filter_parameter(name, dict(spec.schema) if isinstance(spec, Filter) else None)
            for name, spec in self.filters.items()
        ]

    @property
    def _fields(self) -> Parameter:
        return fields_parameter(self.entity, self.defaults)

    @property
    def _flags(self) -> list[Parameter]:
        return [flag_parameter(name, relation) for name, relation in self.trees.items()]

    @cached_property
    def deletion(self) -> Described:
        """The OpenAPI description of a route that deletes a row."""
        return answers_deleted(self.object or self.singular)

    def deletion_from(self, parent: "Resource") -> Described:
        """The OpenAPI description of a route that deletes a row and answers with its parent."""
        return parent.parameters | answers_deleted(self.object or self.singular, parent=parent)

    @cached_property
    def batch(self) -> Described:
        """The OpenAPI description of a route that changes many rows at once."""
        return self.parameters | batch_answer(self)

    def selection(self, text: str | None, shape: Shape = PLAIN, also: tuple[str, ...] = ()) -> Node:
        """What the `fields` text shows, plus the paths `also`, which no text can remove."""
        if text is not None:
            # As it was sent: without hidden fields it may be longer.
            check_length(text)
            text = self._permitted(text) if self.allowed else text
        return _selection(self.entity, self.defaults, text, shape, (*self.also, *also))

    def _permitted(self, text: str) -> str | None:
        """A `fields` text without hidden fields.

        A hidden plain name is replaced by the key, so that the text still overrides the defaults.
        """
        seen: list[str] = []
        for item in text.split(","):
            name = item.strip().removesuffix(".*").lstrip("+-*")
            if name in self.allowed or not name:
                seen.append(item)
            elif name == item.strip():
                seen.append(GRAPH[self.entity].key)
        return ",".join(seen) if seen else None

    def deleted(self, row_id: str, **more: Any) -> Json:
        """The answer to a deletion."""
        return {"id": row_id, "object": self.object or self.singular, "deleted": True, **more}

    def not_found(self, row_id: str) -> NotFound:
        """The error for an id that does not exist."""
        text = self.missing or f"{self.singular} with id: {{id}} was not found"
        return NotFound(text.format(id=row_id))


@lru_cache(maxsize=256)
def _selection(
    entity: str,
    defaults: tuple[str, ...],
    text: str | None,
    shape: Shape,
    also: tuple[str, ...],
) -> Node:
    paths = [*parse_fields(text, defaults), *(tuple(path.split(".")) for path in also)]
    root = select(GRAPH, GRAPH[entity], paths)
    for relation in shape.followed:
        follow(root, relation, whole=shape.whole, flags=shape.flags)
    return root
