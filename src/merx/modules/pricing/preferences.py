"""Whether amounts for a region or in a currency include tax."""

from collections.abc import Mapping, Sequence
from typing import Literal

from merx.core.database import Transaction
from merx.core.ids import new_id
from merx.modules.pricing.models import PricePreference
from merx.query.graph import Entity, columns, table_name

PRICE_PREFERENCE = Entity(
    "price_preference",
    table_name(PricePreference.__table__),
    columns(PricePreference.__table__),
    always=("id",),
    search=("attribute", "value"),
)

Attribute = Literal["region_id", "currency_code"]

# In the order of the values, so two requests cannot deadlock.
_INSERT = """INSERT INTO price_preference (id, attribute, value, is_tax_inclusive)
SELECT given.id, $2, given.value, given.inclusive
FROM unnest($1::text[], $3::text[], $4::boolean[]) AS given(id, value, inclusive)
ORDER BY given.value
ON CONFLICT (attribute, value) WHERE deleted_at IS NULL AND attribute IS NOT NULL"""

_KEEP = f"{_INSERT} DO NOTHING"
_CHANGE = f"""{_INSERT}
DO UPDATE SET is_tax_inclusive = excluded.is_tax_inclusive, updated_at = now()"""


async def set_preferences(
    tx: Transaction, attribute: Attribute, wanted: Mapping[str, bool | None]
) -> None:
    """Ensure that each value has a preference: the given one or, for None, any existing one.

    A value without one gets one without tax.
    """
    kept = [value for value, inclusive in wanted.items() if inclusive is None]
    changed = {value: inclusive for value, inclusive in wanted.items() if inclusive is not None}
    if kept:
        await tx.execute(_KEEP, _ids(kept), attribute, kept, [False] * len(kept))
    if changed:
        values = list(changed)
        await tx.execute(_CHANGE, _ids(values), attribute, values, list(changed.values()))


async def delete_preferences(tx: Transaction, attribute: Attribute, values: Sequence[str]) -> None:
    """Delete the preferences of the values."""
    await tx.execute(
        "UPDATE price_preference SET deleted_at = now(), updated_at = now()"
        " FROM unnest($2::text[]) AS given(value) WHERE price_preference.attribute = $1"
        " AND price_preference.value = given.value AND price_preference.deleted_at IS NULL",
        attribute,
        list(values),
    )


def _ids(values: Sequence[str]) -> list[str]:
    return [new_id("prpref") for _ in values]
