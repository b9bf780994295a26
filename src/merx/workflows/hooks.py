"""Where an extension joins in: functions that run inside the transaction of a workflow.

An extension passes `Hooks` to `create_app`. A hook that raises undoes the whole change; a
`MerxError` becomes the client's answer.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from merx.core.database import Transaction

# (tx, ids of the changed rows, the request's additional_data)
Hook = Callable[[Transaction, Sequence[str], dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of each workflow, run in their order after the rows are written."""

    variants_created: tuple[Hook, ...] = ()
    variants_updated: tuple[Hook, ...] = ()
    products_created: tuple[Hook, ...] = ()
    products_updated: tuple[Hook, ...] = ()
    collections_created: tuple[Hook, ...] = ()
    collections_updated: tuple[Hook, ...] = ()
    categories_created: tuple[Hook, ...] = ()
    categories_updated: tuple[Hook, ...] = ()
    customers_created: tuple[Hook, ...] = ()
    customers_updated: tuple[Hook, ...] = ()
    addresses_created: tuple[Hook, ...] = ()
    addresses_updated: tuple[Hook, ...] = ()


NO_HOOKS = Hooks()


async def run_hooks(
    tx: Transaction, hooks: Sequence[Hook], ids: Sequence[str], additional: dict[str, Any] | None
) -> None:
    """Hand the ids and the additional data to each hook."""
    for hook in hooks:
        await hook(tx, ids, additional or {})
