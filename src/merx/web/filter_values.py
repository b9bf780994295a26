"""Filter values of a request: query values → conditions, with the reference's errors."""

from dataclasses import dataclass, field
from typing import Any

from merx.core.errors import InvalidData, Problem
from merx.core.shapes import is_dict, is_list
from merx.query.conditions import (
    Compare,
    Condition,
    Either,
    Every,
    Negation,
    Related,
    Search,
    containing,
)
from merx.web.filters import Filter, Filters, Nested
from merx.web.querystring import Query
from merx.web.wording import got, invalid

MAX_CONDITIONS = 200

OPERATORS = (
    *("$eq", "$ne", "$in", "$nin", "$not", "$gt", "$gte", "$lt", "$lte"),
    *("$like", "$ilike", "$contains", "$re"),
)
COMBINERS = ("$and", "$or", "$not")


@dataclass(slots=True)
class Reader:
    """Turns the query values of one request into a condition of bounded size."""

    problems: list[Problem] = field(default_factory=list[Problem])
    count: int = 0

    def read(self, filters: Filters, values: Query, at: tuple[str, ...]) -> Condition:
        """The condition for the known filters, including `$and`, `$or` and `$not`."""
        parts: list[Condition] = []
        for name, value in values.items():
            here = (*at, name)
            if name in ("$and", "$or"):
                parts.append(self._combine(filters, name, value, here))
            elif name == "$not" and is_dict(value):
                parts.append(Negation(self.read(filters, value, here)))
            elif name == "q":
                parts.extend(self._search(value, here))
            elif name in filters:
                parts.append(self._one(filters[name], value, here))
            elif at and name.startswith("$"):
                parts.append(self._unknown(name, here, COMBINERS))
        self.count += len(parts)
        if self.count > MAX_CONDITIONS:
            raise InvalidData(f"Invalid request: More than {MAX_CONDITIONS} filter conditions")
        return Every(tuple(parts))

    def refuse(self, message: str, at: tuple[str, ...]) -> Condition:
        """Record a problem; returns a stand-in condition so that reading can go on."""
        self.problems.append({"path": ".".join(at), "message": message})
        return Every(())

    def check(self) -> None:
        """Raise if there were problems."""
        if self.problems:
            raise invalid(self.problems)

    def _combine(self, filters: Filters, word: str, value: Any, at: tuple[str, ...]) -> Condition:
        if not is_list(value):
            return self._mismatch("array", value, at)
        parts: list[Condition] = []
        for place, item in enumerate(value):
            here = (*at, str(place))
            if is_dict(item):
                parts.append(self.read(filters, item, here))
            else:
                self.refuse(f"Field '{', '.join(here)}' is required", here)
        if word == "$and":
            return Every(tuple(parts))
        # As on the reference, an alternative with only unknown names is none.
        some = tuple(part for part in parts if part != Every(()))
        return Either(some) if some else Every(())

    def _search(self, value: Any, at: tuple[str, ...]) -> list[Condition]:
        if not isinstance(value, str):
            return [self._mismatch("string", value, at)]
        return [Search(value)] if value else []

    def _one(self, spec: Filter | Nested, value: Any, at: tuple[str, ...]) -> Condition:
        if isinstance(spec, Nested):
            if spec.plain and not is_dict(value):
                return self._one(spec.plain, value, at)
            if not is_dict(value):
                return self._mismatch("object", value, at)
            condition = self.read(spec.filters, value, at)
            # With only unknown names there is no condition, not even that a related row exists.
            return condition if condition == Every(()) else Related(spec.relation, condition)
        if spec.choices and spec.scalar and value not in spec.choices:
            expected = f"Expected: '{', '.join(spec.choices)}' for field '{', '.join(at)}'"
            return self.refuse(f"{expected}, but got: '{got(value)}'", at)
        if is_dict(value):
            if not spec.operators:
                return self._mismatch(spec.expected, value, at)
            return self._operators(spec, value, at)
        if is_list(value):
            if not spec.lists:
                return self._mismatch(spec.expected, value, at)
            return self._among(spec, _split(value), at)
        if not spec.scalar:
            return self._mismatch(spec.expected, value, at)
        return self._equal(spec, value, at)

    def _equal(self, spec: Filter, value: Any, at: tuple[str, ...]) -> Condition:
        if value == "null":
            return Compare(spec.path, "IS NULL")
        return Compare(spec.path, spec.sign, self._parsed(spec, value, at))

    def _among(self, spec: Filter, values: Any, at: tuple[str, ...]) -> Condition:
        items = values if is_list(values) else [values]
        present = [
            self._parsed(spec, item, (*at, str(place)))
            for place, item in enumerate(items)
            if item != "null"
        ]
        among = Compare(spec.path, "IN", present)
        return Either((among, Compare(spec.path, "IS NULL"))) if "null" in items else among

    def _differs(self, spec: Filter, values: Any, at: tuple[str, ...]) -> Condition:
        items = values if is_list(values) else [values]
        if "null" in items:
            return Negation(self._among(spec, values, at))
        # As in SQL and on the reference, a row without a value matches no inequality.
        return Compare(spec.path, "NOT IN", [self._parsed(spec, item, at) for item in items])

    def _operators(self, spec: Filter, values: Any, at: tuple[str, ...]) -> Condition:
        return Every(
            tuple(self._operator(spec, name, value, (*at, name)) for name, value in values.items())
        )

    def _operator(self, spec: Filter, name: str, value: Any, at: tuple[str, ...]) -> Condition:
        match name:
            case "$eq":
                return self._equal(spec, value, at)
            case "$ne" | "$nin":
                return self._differs(spec, value, at)
            case "$in":
                return self._among(spec, value, at)
            case "$not":
                return Negation(self._one(spec, value, at))
            case "$gt" | "$gte" | "$lt" | "$lte":
                sign = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}[name]
                return Compare(spec.path, sign, self._parsed(spec, value, at))  # pyright: ignore[reportArgumentType]
            case "$like" | "$ilike" | "$contains" | "$re":
                return self._matches(spec, name, value, at)
            case _:
                return self._unknown(name, at, OPERATORS)

    def _matches(self, spec: Filter, name: str, value: Any, at: tuple[str, ...]) -> Condition:
        if not isinstance(value, str):
            return self._mismatch("string", value, at)
        match name:
            case "$contains":
                return Compare(spec.path, "LIKE", containing(value))
            case "$re":
                return Compare(spec.path, "~", value)
            case _:
                return Compare(spec.path, "LIKE" if name == "$like" else "ILIKE", value)

    def _unknown(self, name: str, at: tuple[str, ...], known: tuple[str, ...]) -> Condition:
        """Refuse an unknown operator; ignoring it would answer with every row."""
        words = f"Unknown operator '{name}', expected one of '{', '.join(known)}'"
        return self.refuse(f"Field '{', '.join(at[:-1])}': {words}", at)

    def _parsed(self, spec: Filter, value: Any, at: tuple[str, ...]) -> Any:
        if not isinstance(value, str):
            self._mismatch(spec.expected, value, at)
            return None
        if spec.choices and value not in spec.choices:
            self.refuse(f"Field '{', '.join(at)}' is required", at)
        try:
            return spec.parse(value)
        except ValueError as error:
            words = str(error)
            if words == "number":
                self._mismatch("number" if at[-1].startswith("$") else spec.expected, value, at)
            elif words == "Invalid input":
                self.refuse(words, at)
            else:
                self.refuse(f"Field '{', '.join(at)}': {words}", at)
            return None

    def _mismatch(self, expected: str, value: Any, at: tuple[str, ...]) -> Condition:
        # As on the reference, a wrong value within a list is called missing.
        is_item = at[-1].isdigit()
        if any(part.isdigit() for part in at[:-1]) or (is_item and expected == "array"):
            return self.refuse(f"Field '{', '.join(at)}' is required", at)
        name, wanted = at, expected
        if is_item and expected == "string, array":
            name, wanted = at[:-1], "string"
        words = f"Expected type: '{wanted}' for field '{', '.join(name)}', got: '{got(value)}'"
        return self.refuse(words, at)


def _split(items: list[Any]) -> list[Any]:
    """The items of a list; an item that contains commas counts as several, as on the reference."""
    parts = [item.split(",") if isinstance(item, str) else [item] for item in items]
    return [part for several in parts for part in several]
