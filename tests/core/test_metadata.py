"""Metadata is merged key by key."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merx.core.metadata import merge_metadata

VALUES = st.none() | st.booleans() | st.integers() | st.text(min_size=1) | st.just("")
METADATA = st.dictionaries(st.text(max_size=3), VALUES, max_size=5)


@pytest.mark.parametrize(
    ("present", "given_", "result"),
    [
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="added"),
        pytest.param({"a": 1}, {"a": 2}, {"a": 2}, id="changed"),
        pytest.param({"a": 1, "b": 2}, {"a": ""}, {"b": 2}, id="removed"),
        pytest.param({"a": "", "b": 1}, {"b": 2}, {"a": "", "b": 2}, id="an empty text stays"),
        pytest.param({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"y": 2}}, id="replaced whole"),
        pytest.param({"a": 1}, {"a": None}, {"a": None}, id="null is a value"),
        pytest.param({"a": 1}, {}, {}, id="emptied"),
        pytest.param({"a": 1}, None, None, id="cleared"),
        pytest.param(None, {"a": 1, "b": ""}, {"a": 1}, id="from nothing"),
    ],
)
def test_merging(present: Any, given_: Any, result: Any) -> None:
    assert merge_metadata(present, given_) == result


@given(present=METADATA, change=METADATA.filter(bool))
def test_merging_twice_is_merging_once(present: dict[str, Any], change: dict[str, Any]) -> None:
    once = merge_metadata(present, change)

    assert merge_metadata(once, change) == once
    assert once is not None
    assert set(once) <= {*present, *change}
