"""The kinds of things that tax rate rules refer to."""

from collections.abc import Sequence
from dataclasses import dataclass

from merx.core.errors import InvalidData, Problem

REFERENCES = ("product", "product_type", "shipping_option")


@dataclass(frozen=True, slots=True)
class Rule:
    """A thing that a rate applies to, and its path in the request."""

    path: str
    reference: str
    reference_id: str


def check_references(rules: Sequence[Rule]) -> None:
    """Refuse rules of an unknown kind.

    As on the reference, a rule may name something that does not exist: it applies to nothing, and
    rates can be brought into a shop before its products.
    """
    problems: list[Problem] = [
        {"path": f"{rule.path}reference", "message": f"must be one of {', '.join(REFERENCES)}"}
        for rule in rules
        if rule.reference not in REFERENCES
    ]
    if problems:
        raise InvalidData(
            f"Tax rate rules must refer to one of {', '.join(REFERENCES)}", problems=problems
        )
