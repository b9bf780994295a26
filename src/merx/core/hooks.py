"""Hooks: functions of extensions that run inside the transaction of a workflow.

An area names what it changes in its `hooks.py` (`PRODUCTS = Subject("product")`). Its workflows run
the hooks of a point once for all rows, so the number of calls does not depend on the number of
rows: `await run_hooks(tx, PRODUCTS.created, changes(ids, drafts))`. A hook that raises rolls the
whole change back; a `MerxError` becomes the client's answer.

The application's hooks are kept in a context variable, like the actor (`core/acting.py`), so that
functions that change rows need no extra argument.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem
from merx.core.shapes import Document


@dataclass(frozen=True, slots=True)
class Point:
    """A moment in a workflow: `product`, `created`."""

    subject: str
    moment: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What hooks are about.

    Hooks whose name ends in -ing run before the rows are written and may refuse the change; the
    others run after, and may write more in the same transaction.
    """

    name: str
    bodies: tuple[type[BaseModel], ...] = ()
    """The bodies with `additional_data`, which OpenAPI describes by what extensions take."""

    @property
    def is_watched(self) -> bool:
        """Whether a hook of any moment runs in this application."""
        return any(point.subject == self.name and some for point, some in in_force.get().items())

    @property
    def creating(self) -> Point:
        """Before the rows are written; they have no ids yet."""
        return Point(self.name, "creating")

    @property
    def created(self) -> Point:
        """After the rows are written."""
        return Point(self.name, "created")

    @property
    def updating(self) -> Point:
        """Before the rows are written, while they are locked."""
        return Point(self.name, "updating")

    @property
    def updated(self) -> Point:
        """After the rows are written."""
        return Point(self.name, "updated")

    @property
    def deleting(self) -> Point:
        """Before the rows are deleted; the changes have no body."""
        return Point(self.name, "deleting")

    @property
    def deleted(self) -> Point:
        """After the rows are deleted; the changes have no body."""
        return Point(self.name, "deleted")


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is written: its id, if it has one already, and what the client sent.

    `values` are its columns when the change has no body of its own.
    """

    id: str = ""
    body: BaseModel | None = None
    values: Document = field(default_factory=dict[str, Any])

    @property
    def additional_data(self) -> Document:
        """What the client sent for extensions."""
        return getattr(self.body, "additional_data", None) or {}


Hook = Callable[[Transaction, Sequence[Change]], Awaitable[None]]
Hooks = Mapping[Point, Sequence[Hook]]

in_force: ContextVar[Hooks] = ContextVar("hooks", default={})  # noqa: B039 - never changed


def changes(ids: Iterable[str], bodies: Iterable[BaseModel | None]) -> list[Change]:
    """The rows with these ids, and the body sent for each."""
    return [Change(one, body) for one, body in zip(ids, bodies, strict=True)]


def without_ids(bodies: Iterable[BaseModel | None]) -> list[Change]:
    """Rows that are about to be created."""
    return [Change(body=body) for body in bodies]


def of_rows(rows: Iterable[Document]) -> list[Change]:
    """Rows by their columns, with the ids that they have or are about to get."""
    return [Change(row.get("id", ""), values=row) for row in rows]


def without_bodies(ids: Iterable[str]) -> list[Change]:
    """Rows that are deleted."""
    return [Change(one) for one in ids]


def checking(model: type[BaseModel]) -> Hook:
    """A hook that refuses additional data that does not match the model.

    Bodies that cannot carry any, and updates that send none, are not checked.
    """

    async def check(_: Transaction, rows: Sequence[Change]) -> None:
        for row in rows:
            if not hasattr(row.body, "additional_data") or (row.id and not row.additional_data):
                continue
            try:
                model.model_validate(row.additional_data)
            except ValidationError as error:
                told = [
                    (".".join(("additional_data", *map(str, each["loc"]))), each["msg"])
                    for each in error.errors()
                ]
                problems: list[Problem] = [
                    {"path": path, "message": message} for path, message in told
                ]
                words = "; ".join(f"{path}: {message}" for path, message in told)
                raise InvalidData(f"Invalid request: {words}", problems=problems) from error

    return check


async def run_hooks(tx: Transaction, point: Point, rows: Sequence[Change]) -> None:
    """Call each hook of the point in order, with all rows."""
    if rows:
        for hook in in_force.get().get(point, ()):
            await hook(tx, rows)
