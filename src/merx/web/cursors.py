"""Cursors: the position in an order where a page begins, as a text that clients send back.

A cursor holds the keys of the last row shown, so rows added or deleted before it shift nothing. It
names its list and order; any other list or order refuses it.
"""

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from merx.core.errors import InvalidData
from merx.core.shapes import is_list
from merx.links import GRAPH
from merx.query.graph import Kind
from merx.query.plan import Order, Plan

_LONGEST = 20_000
_DIGITS = 200


def write_cursor(plan: Plan, keys: str | None) -> str | None:
    """The cursor after the row with these keys, which are a JSON list of texts."""
    if keys is None:
        return None
    held = [_mark(plan), *orjson.loads(keys)]
    return urlsafe_b64encode(orjson.dumps(held)).decode().rstrip("=")


def read_cursor(plan: Plan, text: str) -> tuple[object, ...]:
    """The keys in a cursor of this list; InvalidData if it is not one.

    An empty text is the beginning.
    """
    if not text:
        return ()
    try:
        if len(text) > _LONGEST:
            raise ValueError("length")
        mark, *keys = _held(text)
        if mark != _mark(plan):
            raise InvalidData("Invalid request: 'after' is a cursor of another list or order")
        orders = plan.whole_order
        return tuple(_value(plan, *pair) for pair in zip(orders, keys, strict=True))
    except (ValueError, ArithmeticError, binascii.Error) as error:
        raise InvalidData("Invalid request: 'after' is not a cursor of this list") from error


def _held(text: str) -> list[Any]:
    held = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not is_list(held) or not held:
        raise ValueError("list")
    return held


def _mark(plan: Plan) -> str:
    orders = [(".".join(order.path), order.descending) for order in plan.whole_order]
    whole = orjson.dumps([plan.root.entity.name, orders])
    return hashlib.blake2b(whole, digest_size=6).hexdigest()


def _value(plan: Plan, order: Order, key: object) -> object:
    entity = plan.root.entity
    for name in order.path[:-1]:
        entity = GRAPH.target(entity, name)
    if key is None and order.path != (plan.root.entity.key,):
        return None
    if not isinstance(key, str) or "\0" in key:
        raise ValueError("text")
    match entity.fields[order.path[-1]].kind:
        case Kind.NUMBER:
            number = Decimal(key)
            if not number.is_finite() or abs(number.adjusted()) > _DIGITS:
                raise ValueError("number")
            return number
        case Kind.BOOLEAN:
            if key not in ("true", "false"):
                raise ValueError("boolean")
            return key == "true"
        case Kind.TIME:
            moment = datetime.fromisoformat(key)
            if moment.tzinfo is None:
                raise ValueError("time")
            return moment
        case _:
            key.encode()
            return key
