"""Rules of prices and price lists: those that refer to something must refer to an existing row."""

from collections.abc import Iterable, Mapping, Sequence

from merx.core.database import Transaction
from merx.core.errors import InvalidData, Problem, below
from merx.modules.pricing.prices import WantedPrice

_THINGS = {
    "region_id": "region",
    "customer.groups.id": "customer_group",
    "customer_group_id": "customer_group",
}
# A rule's path in the request, its attribute and its value.
Named = tuple[str, str, str]

_ABSENT = """
SELECT given.place FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given(thing, id, place)
WHERE CASE given.thing
  WHEN 'region' THEN NOT EXISTS (
    SELECT 1 FROM region r WHERE r.id = given.id AND r.deleted_at IS NULL)
  ELSE NOT EXISTS (
    SELECT 1 FROM customer_group g WHERE g.id = given.id AND g.deleted_at IS NULL) END
ORDER BY given.place"""


async def check_price_rules(tx: Transaction, rules: Iterable[Named]) -> InvalidData | None:
    """The error naming each rule that refers to something missing, since its price would never
    apply.
    """
    named = [rule for rule in rules if rule[1] in _THINGS]
    if not named:
        return None
    things = [_THINGS[attribute] for _, attribute, _ in named]
    records = await tx.fetch(_ABSENT, things, [value for _, _, value in named])
    places: list[int] = [record["place"] for record in records]
    problems = [_problem(named[place - 1]) for place in places]
    return InvalidData.of(problems) if problems else None


def _problem(rule: Named) -> Problem:
    path, attribute, value = rule
    words = f"Rule {attribute} names {value}, which does not exist"
    return {"path": below(path, f"rules.{attribute}"), "message": words}


def rules_of_prices(given: Iterable[tuple[str, WantedPrice]]) -> list[Named]:
    """The rules of prices, each with its path in the request."""
    return [
        (path, attribute, value)
        for path, price in given
        for attribute, value in price.rules.items()
    ]


def rules_of_rows(rows: Iterable[tuple[str, Sequence[WantedPrice]]]) -> list[Named]:
    """The rules of the prices of rows, each row with its path in the request."""
    return rules_of_prices(
        (below(path, f"prices[{place}]"), price)
        for path, prices in rows
        for place, price in enumerate(prices)
        if price.rules
    )


def rules_of_list(rules: Mapping[str, Sequence[str]]) -> list[Named]:
    """The rules of a price list: each value of each attribute."""
    return [("", attribute, value) for attribute, values in rules.items() for value in values]
