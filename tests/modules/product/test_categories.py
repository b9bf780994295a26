"""The rules of the tree of categories."""

import pytest

from merx.modules.product.categories import (
    TreePosition,
    bounds_below,
    changed_ranks,
    is_within,
    path_below,
    put_at,
)

A = TreePosition("a", None, 0, "a")
B = TreePosition("b", "a", 0, "a.b")


@pytest.mark.parametrize(
    ("rank", "order"),
    [
        pytest.param(None, "abdc", id="without a rank last"),
        pytest.param(0, "cabd", id="at the front"),
        pytest.param(2, "abcd", id="where it was"),
        pytest.param(9, "abdc", id="beyond the end"),
    ],
)
def test_a_category_is_put_among_its_siblings(rank, order):
    assert "".join(put_at("abcd", "c", rank)) == order


def test_only_ranks_that_are_others_are_changed():
    assert changed_ranks(["b", "a", "c"], {"a": A, "b": B}) == {"a": 1, "c": 2}


def test_a_path_holds_all_ids_from_the_root():
    assert path_below(None, "a") == "a"
    assert path_below(B, "c") == "a.b.c"


def test_a_category_is_within_itself_and_all_above_it():
    assert is_within(B, "b")
    assert is_within(B, "a")
    assert not is_within(A, "b")


def test_the_bounds_hold_what_is_below_and_nothing_else():
    low, high = bounds_below("a")

    assert low <= "a.b" < high
    assert not low <= "a" < high
    assert not low <= "a0.b" < high
