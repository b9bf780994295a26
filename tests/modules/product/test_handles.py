"""Handles made of titles, and handles that clients give."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merx.modules.product.handles import handle_from_title, is_handle

GENERATED = settings(max_examples=300, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    ("title", "handle"),
    [
        ("T-Shirt", "t-shirt"),
        ("  many   blanks ", "many-blanks"),
        ("snake_case__title", "snake-case-title"),
        ("100% wool!", "100-wool"),
        ("Ünï-çödé Straße", "ünï-çödé-strasse"),
        ("ПРИВЕТ мир", "привет-мир"),
        ("日本 語", "日本-語"),
        ("cafe\u0301", "café"),
        ("½ price", "½-price"),
        ("a/b?c#d", "abcd"),
        ("Men's 1.5 l (XL)", "mens-15-l-xl"),
        ("salt & pepper \u2013 fine", "salt-pepper-fine"),
        ("İstanbul ﬁn", "istanbul-ﬁn"),
        ("हिन्दी शर्ट", "हिन्दी-शर्ट"),
        ("বাংলা জামা", "বাংলা-জামা"),
        ("เสื้อยืด สีน้ำเงิน", "เสื้อยืด-สีน้ำเงิน"),
        ("\u0301 mark of nothing", "mark-of-nothing"),
        ("❤\ufe0f love 1\ufe0f\u20e3", "love-1"),
    ],
)
def test_words_are_joined_in_lower_case(title: str, handle: str) -> None:
    assert handle_from_title(title) == handle


@pytest.mark.parametrize("title", ["", " ", "!!!", "🙂", "---", "_", "\u202e"])
def test_a_title_without_letters_gives_a_random_handle(title: str) -> None:
    first, second = handle_from_title(title), handle_from_title(title)

    assert first.startswith("product-")
    assert len(first) == len("product-") + 6
    assert first != second
    assert handle_from_title(title, "category").startswith("category-")


@GENERATED
@given(title=st.text(max_size=30))
def test_what_is_made_of_a_title_is_a_handle(title: str) -> None:
    assert is_handle(handle_from_title(title))


@GENERATED
@given(title=st.text(alphabet=string.ascii_letters + string.digits + " -_!", max_size=30))
def test_a_handle_is_its_own_handle(title: str) -> None:
    handle = handle_from_title(title)

    assert handle_from_title(handle) == handle


@pytest.mark.parametrize("handle", ["a", "a-b", "1", "über", "日本", "हिन्दी", "ß", "a-1-b"])
def test_what_can_stand_in_a_url(handle: str) -> None:
    assert is_handle(handle)


@pytest.mark.parametrize(
    "handle",
    [
        *("", " ", "a b", "A", "a/b", "a?b", "a#b", "a%20b", "a&b", "a\n", "\ta", "a\\b", "a+b"),
        *(
            "..",
            ".",
            'a"b<c>',
            "a\x01b",
            "a\u202eb",
            "a\u200db",
            "a🙂",
            "É-1",
            "a--b",
            "a.b",
            "a_b",
        ),
        *("-a", "a-", "~", "-", "a|b", "a·b", "ǅ", "e\u0301", "\u0301a", "a\ufe0f"),
    ],
)
def test_what_cannot_stand_in_a_url(handle: str) -> None:
    assert not is_handle(handle)
