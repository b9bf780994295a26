"""The kinds of mistakes: cosmic-ray's, without those that cannot matter, and two of Merx's own.

Much of what Merx decides stands in SQL, which cosmic-ray takes for text.
"""

import re
from collections.abc import Iterator
from typing import Any

from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import OPERATOR_PROVIDERS, get_operator
from parso.python.tree import Keyword

_COMPARISONS = (
    *("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE"),
    *("GtE_Gt", "GtE_Lt", "Is_IsNot", "IsNot_Is"),
)
# `|` stands in types above all.
_ARITHMETIC = ("Add_Sub", "Sub_Add", "Mul_Add", "Div_Mul", "FloorDiv_Mul", "Mod_Mul")
NAMES = (
    *(f"core/ReplaceComparisonOperator_{name}" for name in _COMPARISONS),
    *(f"core/ReplaceBinaryOperator_{name}" for name in _ARITHMETIC),
    *("core/AddNot", "core/ReplaceAndWithOr", "core/ReplaceOrWithAnd", "core/ZeroIterationForLoop"),
    *(
        "core/ReplaceTrueWithFalse",
        "core/ReplaceFalseWithTrue",
        "core/ReplaceUnaryOperator_Delete_Not",
    ),
    *("core/NumberReplacer", "core/ExceptionReplacer"),
    *("core/ReplaceBreakWithContinue", "core/ReplaceContinueWithBreak"),
    *("merx/LeaveOut", "merx/ChangeSql"),
)

_SQL = re.compile(r"\b(SELECT|UPDATE|INSERT|DELETE|WHERE|FROM|JOIN|AND|EXISTS|ORDER BY)\b")
_SWAPS = {
    " AND ": " OR ",
    " OR ": " AND ",
    " IS NULL": " IS NOT NULL",
    " IS NOT NULL": " IS NULL",
    "NOT EXISTS": "EXISTS",
    " = ": " <> ",
    " <> ": " = ",
    " < ": " <= ",
    " > ": " >= ",
    " <= ": " < ",
    " >= ": " > ",
    " DESC": "",
    "LEFT JOIN": "JOIN",
    " DISTINCT": "",
    " FOR UPDATE": "",
    "min(": "max(",
    "max(": "min(",
}
_SWAPPED = re.compile("|".join(sorted(map(re.escape, _SWAPS), key=len, reverse=True)))


class LeaveOut(Operator):
    """A call whose answer nobody wants, or a `raise`, is forgotten."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Where such statements stand."""
        if node.type == "simple_stmt" and node.children[0].type in (
            "atom_expr",
            "power",
            "await_expr",
            "raise_stmt",
        ):
            yield (node.start_pos, node.children[0].end_pos)

    def mutate(self, node: Any, index: int) -> Any:
        """The statement does nothing."""
        gone = node.children[0]
        stays = Keyword("pass", gone.start_pos, prefix=gone.get_first_leaf().prefix)
        stays.parent = node
        node.children[0] = stays
        return node

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """None: cosmic-ray's own tests ask for them."""
        return ()


class ChangeSql(Operator):
    """A condition in a statement is another one."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Each word of SQL in a text."""
        for _ in self._words(node):
            yield (node.start_pos, node.end_pos)

    def mutate(self, node: Any, index: int) -> Any:
        """One word is another."""
        word = list(self._words(node))[index]
        node.value = node.value[: word.start()] + _SWAPS[word.group()] + node.value[word.end() :]
        return node

    @staticmethod
    def _words(node: Any) -> Iterator[re.Match[str]]:
        if node.type not in ("string", "fstring_string") or node.parent.type == "simple_stmt":
            return
        if _SQL.search(node.value):
            yield from _SWAPPED.finditer(node.value)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """None: cosmic-ray's own tests ask for them."""
        return ()


OPERATOR_PROVIDERS["merx"] = {"LeaveOut": LeaveOut, "ChangeSql": ChangeSql}


def operators() -> dict[str, Operator]:
    """All kinds by name."""
    return {name: get_operator(name)() for name in NAMES}
