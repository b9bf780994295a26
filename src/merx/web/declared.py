"""A resource derived from a model, for tables whose answers no contract prescribes."""

from collections.abc import Callable

from merx.core.schema import Base
from merx.query.declared import table_of
from merx.query.graph import Kind, columns
from merx.web.filters import Filter, Filters, boolean, numbers, texts, times
from merx.web.resource import Resource

_FILTERS: dict[Kind, Callable[[str], Filter]] = {
    Kind.TEXT: texts,
    Kind.NUMBER: numbers,
    Kind.BOOLEAN: boolean,
    Kind.TIME: times,
}


def resource_of(
    model: type[Base], *, plural: str = "", fields: str = "", filters: Filters | None = None
) -> Resource:
    """The resource of a model's entity, named like the table.

    Unless stated otherwise, answers show every column except `deleted_at`, and lists can be
    filtered by each of them that is not JSON.
    """
    table = table_of(model)
    shown = {name: value for name, value in columns(table).items() if name not in ("deleted_at",)}
    derived = {
        name: _FILTERS[value.kind](name) for name, value in shown.items() if value.kind in _FILTERS
    }
    return Resource(
        table.name,
        table.name,
        plural or f"{table.name}s",
        fields or ", ".join(shown),
        derived if filters is None else filters,
    )
