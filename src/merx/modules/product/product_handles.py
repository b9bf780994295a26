"""Handles of products: whether they are valid in a URL, and which are taken."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

from merx.batch import explained
from merx.core.database import Transaction
from merx.core.errors import InvalidData, MerxError, Problem, below, refuse
from merx.modules.product.handles import is_handle

_TAKEN = """
SELECT p.id, p.handle FROM unnest($1::text[]) AS given(handle)
JOIN product p ON p.handle = given.handle AND p.deleted_at IS NULL"""

# The handle a product is to have, by its id, with the path of its body.
Handles = Mapping[str, tuple[str, str]]


def check_handles(handles: Sequence[tuple[str, str]]) -> None:
    """Refuse handles, each with its path, that are not valid in a URL."""
    problems: list[Problem] = [
        {
            "path": below(path, "handle"),
            "message": f"Invalid product handle '{handle}'. It must contain URL safe characters",
        }
        for handle, path in handles
        if handle and not is_handle(handle)
    ]
    refuse(problems)


def handles_explained(
    tx: Transaction, handles: Handles, *, after_changes: bool
) -> AbstractAsyncContextManager[None]:
    """Around a write of handles: refuse those that occur twice, and name those that are taken."""
    firsts = dict[str, str]()
    twice = {
        product_id: given
        for product_id, given in handles.items()
        if firsts.setdefault(given[0], product_id) != product_id
    }
    if twice:
        raise _taken([(handle, path, "") for handle, path in twice.values()])
    return explained(tx, partial(_explain, handles), after_changes=after_changes)


async def _explain(handles: Handles, connection: Transaction) -> MerxError:
    records = await connection.fetch(_TAKEN, [handle for handle, _ in handles.values()])
    owners = {record["handle"]: record["id"] for record in records}
    return _taken(
        [
            (handle, path, owners[handle])
            for product_id, (handle, path) in handles.items()
            if owners.get(handle, product_id) != product_id
        ]
    )


def _taken(handles: Sequence[tuple[str, str, str]]) -> InvalidData:
    """The error for handles, each with its path and the product that has it; without a product,
    another row of the request has it.
    """
    problems: list[Problem] = []
    for handle, path, owner in handles:
        message = f"Product with handle: {handle}, already exists."
        problem = Problem(path=below(path, "handle"), message=message, code="repeated")
        if owner:
            problem["code"], problem["conflicting_id"] = "taken", owner
        problems.append(problem)
    if not problems:
        return InvalidData("Another request held the same handle at that moment; try again.")
    return InvalidData.of(problems)
