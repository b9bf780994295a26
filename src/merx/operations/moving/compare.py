"""Reads both shops over HTTP, as clients do, and reports the differences."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import Any, cast

import httpx2

from merx.core.operator_errors import OperatorError

_PAGE = 100
Row = dict[str, Any]

# The lists of the admin API; for most, single rows are read as well.
RESOURCES = (
    "api-keys",
    "campaigns",
    "claims",
    "collections",
    "currencies",
    "customer-groups",
    "customers",
    "draft-orders",
    "exchanges",
    "inventory-items",
    "invites",
    "orders",
    "payments",
    "price-lists",
    "price-preferences",
    "product-categories",
    "product-options",
    "product-tags",
    "product-types",
    "product-variants",
    "products",
    "promotions",
    "refund-reasons",
    "regions",
    "reservations",
    "return-reasons",
    "returns",
    "sales-channels",
    "shipping-option-types",
    "shipping-options",
    "shipping-profiles",
    "stock-locations",
    "stores",
    "tax-rates",
    "tax-regions",
    "users",
)
# Single variants are read below their product.
_NOT_ALONE = frozenset({"product-variants"})
# Further fields of a row that are not in the default answer.
_MORE = {
    "inventory-items": ("location-levels",),
    "orders": ("changes", "line-items", "shipping-options"),
    "products": ("variants",),
    "customers": ("addresses",),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference between two answers, as (there, here)."""

    path: str
    place: str
    there: str
    here: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One path, and the differences between its answers."""

    path: str
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Shops:
    """Both shops, as seen with a secret key that is valid in both."""

    there: httpx2.AsyncClient
    here: httpx2.AsyncClient

    async def compare(self, path: str) -> tuple[Compared, Any]:
        """Compare the answers to one path; also returns the other shop's answer."""
        told, own = await _read(self.there, path), await _read(self.here, path)
        found = [Difference(path, *one) for one in differences(told, own)]
        return Compared(path, found), told


async def compare_shops(shops: Shops, singles: int) -> AsyncGenerator[Compared]:
    """All lists page by page, and the first `singles` rows of each one by one."""
    for resource in RESOURCES:
        offset, alone = 0, 0
        while True:
            order = "code" if resource == "currencies" else "id"
            path = f"/admin/{resource}?limit={_PAGE}&offset={offset}&order={order}"
            compared, told = await shops.compare(path)
            yield compared
            rows = _rows(told)
            for row in rows[: max(0, singles - alone)]:
                for path in _alone(resource, row):
                    compared, _ = await shops.compare(path)
                    yield compared
            alone, offset = alone + len(rows), offset + _PAGE
            if len(rows) < _PAGE:
                break


def _alone(resource: str, row: Any) -> Iterator[str]:
    key = row.get("id") or row.get("code")
    if resource in _NOT_ALONE or not key:
        return
    yield f"/admin/{resource}/{key}"
    for more in _MORE.get(resource, ()):
        yield f"/admin/{resource}/{key}/{more}"


def _rows(told: Any) -> list[Any]:
    body = cast(Row, told["body"])
    lists = (cast(list[Any], value) for value in body.values() if isinstance(value, list))
    return next(lists, list[Any]())


async def _read(client: httpx2.AsyncClient, path: str) -> Any:
    try:
        answer = await client.get(path)
    except httpx2.HTTPError as error:
        raise OperatorError(f"{client.base_url} does not answer: {error}") from error
    if answer.status_code == 401:
        raise OperatorError(f"{client.base_url} does not know the key")
    try:
        body: Any = answer.json()
    except ValueError:
        body = None
    return {"status": answer.status_code, "body": body or Row()}


def differences(there: Any, here: Any, place: str = "") -> Iterator[tuple[str, str, str]]:
    """The differences between two answers.

    Nested rows have no order of their own and are matched by id. Digits of raw amounts beyond the
    precision of a float are ignored.
    """
    if isinstance(there, dict) and isinstance(here, dict):
        told, own = cast(Row, there), cast(Row, here)
        for name in sorted(told.keys() | own.keys()):
            if name not in _MOVED_BY_READING:
                pair = told.get(name, _ABSENT), own.get(name, _ABSENT)
                yield from differences(*pair, f"{place}.{name}".lstrip("."))
    elif isinstance(there, list) and isinstance(here, list):
        rows, others = _sorted(cast(list[Any], there)), _sorted(cast(list[Any], here))
        if len(rows) != len(others):
            yield place, f"{len(rows)} rows", f"{len(others)} rows"
            return
        for index, pair in enumerate(zip(rows, others, strict=True)):
            yield from differences(*pair, f"{place}[{index}]")
    elif there != here and not _is_same_amount(there, here, place):
        yield place, _short(there), _short(here)


def _is_same_amount(there: Any, here: Any, place: str) -> bool:
    if not place.endswith(".value") or not isinstance(there, str) or not isinstance(here, str):
        return False
    try:
        return float(there) == float(here)
    except ValueError:
        return False


def _sorted(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=_key)


def _key(row: Any) -> str:
    if not isinstance(row, dict):
        return str(row)
    known = cast(Row, row)
    return str(known.get("id") or known)


# Comparing uses the key.
_MOVED_BY_READING = frozenset({"last_used_at"})
_ABSENT = object()


def _short(value: Any) -> str:
    text = "absent" if value is _ABSENT else repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
