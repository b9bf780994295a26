"""The context of computed fields in a query: who asks, where, and for which quantity.

Each parameter is a single text. `quantity` is a number, and `context` holds any other attribute
that price rules name: `context[channel]=app&context[tier][]=gold`.
"""

import re
from collections.abc import Iterable
from typing import Any

import orjson

from merx.core.shapes import is_dict, is_list
from merx.web.filter_values import Reader
from merx.web.querystring import Query
from merx.web.wording import got

OBJECT = "context"
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)


def read_context(reader: Reader, names: Iterable[str], values: Query) -> dict[str, object]:
    """The values of the named parameters, in the form computed fields take them."""
    found: dict[str, object] = {}
    for name in names:
        if name not in values:
            continue
        value = values[name]
        if name == OBJECT:
            found[name] = _attributes(reader, value)
        elif isinstance(value, str):
            found[name] = value
        else:
            message = f"Expected type: 'string' for field '{name}', got: '{got(value)}'"
            reader.refuse(message, (name,))
    if not _NUMBER.fullmatch(str(found.get("quantity", "1"))):
        message = f"Expected type: 'number' for field 'quantity', got: '{found['quantity']}'"
        reader.refuse(message, ("quantity",))
    return found


def _attributes(reader: Reader, value: Any) -> str:
    """`{attribute: [texts]}` as JSON."""
    if not is_dict(value):
        reader.refuse(
            f"Expected type: 'object' for field '{OBJECT}', got: '{got(value)}'", (OBJECT,)
        )
        return "{}"
    held = {name: one if is_list(one) else [one] for name, one in value.items()}
    for name, texts in held.items():
        if not all(isinstance(text, str) for text in texts):
            at = (OBJECT, name)
            reader.refuse(
                f"Expected type: 'string, array' for field '{', '.join(at)}',"
                f" got: '{got(value[name])}'",
                at,
            )
    return orjson.dumps(held, default=str).decode()
