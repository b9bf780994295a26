"""Where an extension joins in: functions that run inside the transaction of a workflow.

An area names what it changes in its `hooks.py` (`PRODUCTS = Subject("product")`), and its workflows
run the hooks of a point with all rows at once, so the number of calls does not depend on how many
they are: `await run_hooks(tx, PRODUCTS.created, changes(ids, drafts))`. A hook that raises undoes
the whole change; a `MerxError` becomes the client's answer.

The hooks of the application are kept beside the call, like who acts (`core/acting.py`), so that no
function that changes a row has to be told of them.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem


@dataclass(frozen=True, slots=True)
class Point:
    """A moment of a workflow: `product`, `created`."""

    subject: str
    moment: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What hooks are about. Those that end in -ing run before the rows are written and may refuse
    the change; the others run after, and may write beside it."""

    name: str
    bodies: tuple[type[BaseModel], ...] = ()
    """The bodies with `additional_data`, which OpenAPI describes by what extensions take."""

    @property
    def creating(self) -> Point:
        """Before: the changes have no id yet."""
        return Point(self.name, "creating")

    @property
    def created(self) -> Point:
        """After."""
        return Point(self.name, "created")

    @property
    def updating(self) -> Point:
        """Before, while the rows are locked."""
        return Point(self.name, "updating")

    @property
    def updated(self) -> Point:
        """After."""
        return Point(self.name, "updated")

    @property
    def deleting(self) -> Point:
        """Before; the changes have no body."""
        return Point(self.name, "deleting")

    @property
    def deleted(self) -> Point:
        """After; the changes have no body."""
        return Point(self.name, "deleted")


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is written: its id, where it has one already, and what the client sent; `values`
    are its columns where the change has no body of its own."""

    id: str = ""
    body: BaseModel | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def additional_data(self) -> Mapping[str, Any]:
        """What the client sent for extensions."""
        return getattr(self.body, "additional_data", None) or {}


Hook = Callable[[Transaction, Sequence[Change]], Awaitable[None]]
Hooks = Mapping[Point, Sequence[Hook]]

in_force: ContextVar[Hooks] = ContextVar("hooks", default={})  # noqa: B039 - never changed


def changes(ids: Iterable[str], bodies: Iterable[BaseModel | None]) -> list[Change]:
    """The rows with those ids and what was sent for each."""
    return [Change(one, body) for one, body in zip(ids, bodies, strict=True)]


def without_ids(bodies: Iterable[BaseModel | None]) -> list[Change]:
    """Rows that are about to be created."""
    return [Change(body=body) for body in bodies]


def of_rows(rows: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Rows as they are written, with the ids that they have or get."""
    return [Change(row.get("id", ""), values=row) for row in rows]


def without_bodies(ids: Iterable[str]) -> list[Change]:
    """Rows that are deleted."""
    return [Change(one) for one in ids]


def checking(model: type[BaseModel]) -> Hook:
    """A hook that refuses additional data which is not as the model says."""

    async def check(_: Transaction, rows: Sequence[Change]) -> None:
        for row in rows:
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
    """Hand the rows to each hook of the point, in the order of the hooks."""
    if rows:
        for hook in in_force.get().get(point, ()):
            await hook(tx, rows)
