"""Nested query strings, as the reference's server reads them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merx.core.errors import InvalidData
from merx.web.querystring import MAX_DEPTH, MAX_PAIRS, parse_query


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("&&", {}, id="only separators"),
        pytest.param("a=1&b=2", {"a": "1", "b": "2"}, id="plain"),
        pytest.param("a", {"a": ""}, id="no value"),
        pytest.param("a=1=2", {"a": "1=2"}, id="a sign of equality in the value"),
        pytest.param("a=1&a=2&a=3", {"a": ["1", "2", "3"]}, id="repeated"),
        pytest.param("a[]=1", {"a": ["1"]}, id="list of one"),
        pytest.param("a[]=1&a[]=2", {"a": ["1", "2"]}, id="list"),
        pytest.param("a[1]=x&a[0]=y", {"a": ["y", "x"]}, id="list by place"),
        pytest.param("a[5]=x&a[99]=y", {"a": ["x", "y"]}, id="gaps close"),
        pytest.param(
            "a[5]=x&a[99999999999999999999]=y",
            {"a": {"5": "x", "99999999999999999999": "y"}},
            id="no index",
        ),
        pytest.param("a[b]=1&a[c][d]=2", {"a": {"b": "1", "c": {"d": "2"}}}, id="objects"),
        pytest.param(
            "$or[0][a]=1&$or[1][b][]=2", {"$or": [{"a": "1"}, {"b": ["2"]}]}, id="list of objects"
        ),
        pytest.param("a.b=1&a.c[]=2", {"a": {"b": "1", "c": ["2"]}}, id="dots are brackets"),
        pytest.param(".a=1&b..c=2", {".a": "1", "b..c": "2"}, id="dots with nothing between"),
        pytest.param("a+b=c%20d", {"a b": "c d"}, id="blanks"),
        pytest.param("a%5Bb%5D=1", {"a": {"b": "1"}}, id="escaped brackets"),
        pytest.param("a[%C2%B2]=x&a[0]=y", {"a": {"²": "x", "0": "y"}}, id="a digit of no number"),
        pytest.param("a=%ff+%20", {"a": "%ff %20"}, id="broken UTF-8"),
        pytest.param("a=%descri%&b=100%&c=%4", {"a": "%descri%", "b": "100%", "c": "%4"}, id="%"),
        pytest.param("a%=1&%61=2", {"a%": "1", "a": "2"}, id="% in names"),
        pytest.param("[=1", {"[": "1"}, id="a bracket alone"),
    ],
)
def test_reading(text: str, values: dict[str, Any]) -> None:
    assert parse_query(text) == values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" + "[b]" * MAX_DEPTH + "=1", f"deeper than {MAX_DEPTH} levels: a"),
        ("&".join(["a=1"] * (MAX_PAIRS + 1)), f"more than {MAX_PAIRS} parameters"),
    ],
)
def test_what_is_out_of_bounds_is_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidData, match=words):
        parse_query(text)


@given(text=st.text(alphabet="ab[]=&%0 1²$+.\0", max_size=40) | st.text())
def test_reading_is_total(text: str) -> None:
    try:
        values = parse_query(text)
    except InvalidData:
        return
    assert isinstance(values, dict)
