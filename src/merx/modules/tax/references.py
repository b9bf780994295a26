"""The references of tax rate rules, and whether they exist."""

from collections.abc import Sequence
from dataclasses import dataclass

from merx.core.database import Transaction
from merx.core.errors import InvalidData, NotFound, Problem

REFERENCES = ("product", "product_type", "shipping_option")


@dataclass(frozen=True, slots=True)
class Rule:
    """A thing that a rate applies to, and its path in the request."""

    path: str
    reference: str
    reference_id: str


# Shipping options are not checked here: they belong to another module, fulfillment.
_MISSING = """SELECT given.place FROM unnest($1::text[], $2::text[]) WITH ORDINALITY
  AS given(kind, id, place)
WHERE (given.kind = 'product' AND NOT EXISTS (
    SELECT 1 FROM product p WHERE p.id = given.id AND p.deleted_at IS NULL))
  OR (given.kind = 'product_type' AND NOT EXISTS (
    SELECT 1 FROM product_type t WHERE t.id = given.id AND t.deleted_at IS NULL))
ORDER BY given.place"""


async def check_references(tx: Transaction, rules: Sequence[Rule]) -> None:
    """Refuse rules of an unknown kind, and those that refer to something missing."""
    problems: list[Problem] = [
        {"path": f"{rule.path}reference", "message": f"must be one of {', '.join(REFERENCES)}"}
        for rule in rules
        if rule.reference not in REFERENCES
    ]
    if problems:
        raise InvalidData(
            f"Tax rate rules must refer to one of {', '.join(REFERENCES)}", problems=problems
        )
    if not rules:
        return
    records = await tx.fetch(
        _MISSING, [rule.reference for rule in rules], [rule.reference_id for rule in rules]
    )
    places: list[int] = [record["place"] for record in records]
    missing = [rules[place - 1] for place in places]
    if missing:
        raise NotFound(
            "You tried to set relationship reference_id: "
            f"{', '.join(rule.reference_id for rule in missing)}, but such entity does not exist",
            problems=[
                {"path": f"{rule.path}reference_id", "message": f"no such {rule.reference}"}
                for rule in missing
            ],
        )
