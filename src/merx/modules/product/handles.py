"""Handles: names of things in URLs, derived from their titles. Pure rules."""

import re
import secrets
import string
import unicodedata

_BETWEEN = re.compile(r"[\s_-]+")
_RANDOM = string.ascii_lowercase + string.digits
_HUMP = re.compile(r"([a-z])([A-Z])")
_GAP = re.compile(r"[\s_]+")


def handle_from_title(title: str, thing: str = "product") -> str:
    """The title in lower case with words joined by `-`; letters of any script stay, signs go.

    A title without letters or digits gives `product-` and six random signs.

    >>> handle_from_title("Men's Ünï-çödé Straße!")
    'mens-ünï-çödé-strasse'
    """
    # The dot above a small i is not part of a word: only Turkish writes it on a capital.
    text = unicodedata.normalize("NFC", title).replace("İ", "i").lower().replace("ß", "ss")
    words = (_letters(word) for word in _BETWEEN.split(text))
    # Again, since letters that were apart may now be adjacent.
    handle = unicodedata.normalize("NFC", "-".join(word for word in words if word)).lower()
    if handle:
        return handle
    return f"{thing}-{''.join(secrets.choice(_RANDOM) for _ in range(6))}"


def is_handle(text: str) -> bool:
    """Whether the text is words of lower-case letters and digits of any script, joined by `-`.

    Punctuation, blanks and invisible characters mean something else in a URL, or look like others.
    """
    is_small = text == text.lower() and unicodedata.is_normalized("NFC", text)
    return is_small and all(word and word == _letters(word) for word in text.split("-"))


def _letters(word: str) -> str:
    """The word's letters and digits, with the combining marks that scripts such as Devanagari use.

    A mark after anything else is dropped, as are the variation selectors that emoji end with.
    """
    kept: list[str] = []
    after_letter = False
    for sign in word:
        kind = unicodedata.category(sign)
        after_letter = kind[0] == "L" or (after_letter and kind in ("Mn", "Mc"))
        if (after_letter and not "\ufe00" <= sign <= "\ufe0f") or kind[0] == "N":
            kept.append(sign)
    return "".join(kept)


def handle_from_name(name: str) -> str:
    """The handle of a collection or category: words joined by `-`, all other signs stay.

    >>> handle_from_name("Summer Sale_2026! newIn")
    'summer-sale-2026!-new-in'
    """
    return _GAP.sub("-", _HUMP.sub(r"\1-\2", name)).lower()
