"""Handles: names of things in URLs, made of their titles. Pure rules."""

import re
import secrets
import string
import unicodedata

_DROPPED = re.compile(r"[^\w\s-]+")
_BETWEEN = re.compile(r"[\s_-]+")
_VALID = re.compile(r"[^\s/?#%&=+\\A-Z!*'();:@,$\[\]]+")
_RANDOM = string.ascii_lowercase + string.digits
_HUMP = re.compile(r"([a-z])([A-Z])")
_GAP = re.compile(r"[\s_]+")


def handle_from_title(title: str, thing: str = "product") -> str:
    """The title in lower case with words joined by `-`; letters of any script stay, signs go.

    A title without letters or digits gives `product-` and six random signs.

    >>> handle_from_title("Men's Ünï-çödé Straße!")
    'mens-ünï-çödé-strasse'
    """
    text = unicodedata.normalize("NFC", title).lower().replace("ß", "ss")
    handle = _BETWEEN.sub("-", _DROPPED.sub("", text)).strip("-")
    if handle:
        return handle
    return f"{thing}-{''.join(secrets.choice(_RANDOM) for _ in range(6))}"


def is_handle(text: str) -> bool:
    """Whether the text can stand in a URL as it is."""
    return bool(_VALID.fullmatch(text))


def handle_from_name(name: str) -> str:
    """The handle of a collection or category: words joined by `-`, all other signs stay.

    >>> handle_from_name("Summer Sale_2026! newIn")
    'summer-sale-2026!-new-in'
    """
    return _GAP.sub("-", _HUMP.sub(r"\1-\2", name)).lower()
