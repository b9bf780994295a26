"""A line of a bulk job: which row it is about, and what to do with it.

`{"op": "update", "type": "variant", "sku": "S-RED", "title": "Red"}`: apart from `op`, `type` and
the keys that identify the row, a line has the fields of the batch routes' bodies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from merx.core.errors import InvalidData
from merx.core.shapes import Document, Json, is_dict

OPS = ("create", "update", "delete", "upsert")

# What identifies a row of each type: one key of each group, the first that the line has.
KEYS: Mapping[str, Sequence[Sequence[str]]] = {
    "product": (("id", "external_id", "handle"),),
    "variant": (("id", "sku"),),
    "price": (("variant_id", "sku"),),
    "link": (("variant_id", "sku"), ("inventory_item_id", "item_sku")),
    "level": (("inventory_item_id", "item_sku"), ("location_id",)),
}
# A new row of these types has no key yet; a variant names its product.
NEW_KEYS: Mapping[str, Sequence[Sequence[str]]] = {
    "product": (),
    "variant": (("product_id", "product_external_id", "product_handle"),),
}
# What else identifies the row, apart from its keys.
_MORE_OF_KEY = {
    "price": ("currency_code", "min_quantity", "max_quantity", "rules", "price_list_id")
}


@dataclass(frozen=True, slots=True)
class Key:
    """A field that identifies a row, and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """A parsed line. `new` are fields that an upsert uses only for a new row."""

    line: int
    type: str
    op: str
    keys: tuple[Key, ...]
    values: dict[str, Any]
    new: dict[str, Any]

    @property
    def kind(self) -> tuple[str, ...]:
        """What rows that can be written together have in common."""
        return (self.type, self.op, *(key.name for key in self.keys))

    @property
    def identity(self) -> bytes | None:
        """The identity of its row among those of its kind; None for a new one."""
        if self.op == "create" and self.type in NEW_KEYS:
            return None
        more = [self.values.get(name) for name in _MORE_OF_KEY.get(self.type, ())]
        return orjson.dumps(
            [[key.value for key in self.keys], more], option=orjson.OPT_SORT_KEYS
        ).lower()


def read_row(line: int, text: bytes) -> Row:
    """The row of a line; InvalidData says what is wrong with it."""
    values = _parsed(text)
    kind = _choice(values, "type", KEYS)
    op = _choice(values, "op", OPS)
    new: Any = values.pop("create", {}) if op == "upsert" else {}
    if not is_dict(new):
        raise _invalid("create", "wrong_type", "Field 'create' must be an object")
    groups = NEW_KEYS.get(kind, KEYS[kind]) if op == "create" else KEYS[kind]
    keys = tuple(_key(values, kind, group) for group in groups)
    return Row(line, kind, op, keys, values, new)


def _parsed(text: bytes) -> Json:
    try:
        value = orjson.loads(text)
        # A value nested too deep can be parsed but not stored.
        orjson.dumps(value)
    except orjson.JSONDecodeError as error:
        words = f"The line is not JSON: {error.msg} at position {error.pos}"
        raise _invalid("", "invalid", words) from error
    except orjson.JSONEncodeError as error:
        raise _invalid("", "invalid", "The line is nested deeper than 254 levels") from error
    if not is_dict(value):
        raise _invalid("", "wrong_type", "The line is not a JSON object")
    return value


def _choice(values: Json, name: str, choices: Sequence[str] | Document) -> str:
    if name not in values:
        raise _invalid(name, "required", f"Field '{name}' is required")
    value = values.pop(name)
    if not isinstance(value, str) or value not in choices:
        words = f"Field '{name}' must be one of {', '.join(choices)}"
        raise _invalid(name, "invalid", words)
    return value


def _key(values: Json, kind: str, group: Sequence[str]) -> Key:
    """The key of the group that the line has; it is removed from the other fields."""
    name = next((one for one in group if values.get(one) is not None), None)
    if name is None:
        words = f"Name the {kind} by {' or '.join(group)}"
        raise _invalid(group[0], "required", words)
    value = values.pop(name)
    if not isinstance(value, str) or not value:
        raise _invalid(name, "wrong_type", f"Field '{name}' must be a text that is not empty")
    return Key(name, value)


def _invalid(path: str, code: str, words: str) -> InvalidData:
    return InvalidData(words, problems=[{"path": path, "code": code, "message": words}])
