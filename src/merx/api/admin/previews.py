"""Answers with an order as its open change would leave it."""

from merx.query.json_schemas import EXACT, NUMBER, TEXT, object_of, or_null
from merx.web.answers import Described, Maybe, Selected, answers
from merx.web.resource import Resource
from merx.workflows.orders.preview import ACTIONS, BEGUN, CHANGE, MOVED_TOTALS, PREVIEWED

_ID = object_of({"id": TEXT}, required=("id",))
_ACTIONS = [Selected("preview", ACTIONS)]
_MORE = {
    "order": {
        "order_change": Selected("preview", CHANGE, {"order_change": {"order": _ID}}),
        "actions": _ACTIONS,
        "customer_id": or_null(TEXT),
        **dict.fromkeys(MOVED_TOTALS, NUMBER),
        **{f"raw_{name}": EXACT for name in MOVED_TOTALS},
    },
    "order_line": {"actions": _ACTIONS},
    "order_shipping_method": {"actions": _ACTIONS},
}
_ADDRESSES = dict.fromkeys(("shipping_address", "billing_address"), or_null(_ID))

# An order as its open change would leave it; new rows lack fields they do not have yet.
OrderPreview = Selected("preview", PREVIEWED, _MORE)
_BEGUN = Selected("preview", BEGUN, {**_MORE, "order": {**_MORE["order"], **_ADDRESSES}})

PREVIEW = answers(order_preview=OrderPreview)


def previewed(part: Resource, *, maybe: bool = False) -> Described:
    """The preview with the return, exchange or claim of the change."""
    return answers(order_preview=OrderPreview, **{part.singular: Maybe(part) if maybe else part})


def begun(part: Resource) -> Described:
    """The order whose change was opened, with the return, exchange or claim."""
    return answers(order=_BEGUN, **{part.singular: part})
