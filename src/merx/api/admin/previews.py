"""Answers with an order as its open change would leave it."""

from typing import Any

from typing_extensions import TypedDict

from merx.web.answers import Described, Maybe, answers
from merx.web.resource import Resource


class OrderPreview(TypedDict, total=False):
    """An order as its open change would leave it; new rows lack fields they do not have yet."""

    id: str
    version: int
    status: str
    email: str | None
    currency_code: str
    order_change: dict[str, Any] | None
    items: list[dict[str, Any]]
    shipping_methods: list[dict[str, Any]]
    credit_lines: list[dict[str, Any]]
    transactions: list[dict[str, Any]]
    summary: dict[str, Any] | None
    total: float
    subtotal: float
    tax_total: float
    discount_total: float
    item_total: float
    shipping_total: float
    return_requested_total: float


PREVIEW = answers(order_preview=OrderPreview)


def previewed(part: Resource, *, maybe: bool = False) -> Described:
    """The preview with the return, exchange or claim of the change."""
    return answers(order_preview=OrderPreview, **{part.singular: Maybe(part) if maybe else part})


def begun(part: Resource) -> Described:
    """The order whose change was opened, with the return, exchange or claim."""
    return answers(order=OrderPreview, **{part.singular: part})
