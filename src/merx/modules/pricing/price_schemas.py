"""What the API document says of a calculated price and of the prices that it was chosen from."""

from merx.query.json_schemas import (
    EXACT,
    FLAG,
    NUMBER,
    TEXT,
    TEXTS,
    JsonSchema,
    mapping_of,
    object_of,
    or_null,
)

_BOUND = or_null({"type": "integer"})
PRICE_RULES = mapping_of(TEXT, "The rules of the price: an attribute of the context and its value.")
LIST_RULES = mapping_of(TEXTS, "The rules of the list: an attribute and the values it may have.")


def _amounts(price: str) -> dict[str, JsonSchema]:
    chosen_from = {
        "id": or_null(TEXT),
        "price_list_id": or_null(TEXT),
        "price_list_type": or_null({"type": "string", "enum": ["override", "sale"]}),
        "min_quantity": _BOUND,
        "max_quantity": _BOUND,
    }
    return {
        f"is_{price}_price_price_list": FLAG,
        f"is_{price}_price_tax_inclusive": FLAG,
        f"{price}_amount": or_null(NUMBER),
        f"raw_{price}_amount": or_null(EXACT),
        f"{price}_price": object_of(chosen_from),
        f"{price}_amount_with_tax": or_null(NUMBER),
        f"{price}_amount_without_tax": or_null(NUMBER),
    }


CALCULATED_PRICE = or_null(
    object_of(
        {
            "id": TEXT,
            "currency_code": or_null(TEXT),
            **_amounts("calculated"),
            **_amounts("original"),
        },
        required=("id", "calculated_amount", "original_amount"),
        about="What is to be paid in the context of the request (`region_id` or `currency_code`),"
        " null where no price holds. Only for who asks for it: `fields=*calculated_price`. Amounts"
        " with and without tax are there where taxes are due.",
    )
)

CANDIDATES: JsonSchema = {
    "type": "array",
    "description": "The prices of the variant, the winner first, each with why it won or lost.",
    "items": object_of(
        {
            "id": TEXT,
            "amount": NUMBER,
            "currency_code": TEXT,
            "min_quantity": _BOUND,
            "max_quantity": _BOUND,
            "rules": PRICE_RULES,
            "price_list": or_null(
                object_of(dict.fromkeys(("id", "title", "type", "status"), TEXT))
            ),
            "is_matched": FLAG,
            "rules_matched": _BOUND,
            "result": {"type": "string", "enum": ["won", "lost", "not matched"]},
            "reasons": TEXTS,
        },
        required=("id", "amount", "currency_code", "result", "reasons"),
    ),
}
