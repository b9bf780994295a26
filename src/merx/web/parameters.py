"""Query and header parameters for /openapi.json, each described once.

What all lists have in common is explained once for the whole document (`web/openapi.py: ABOUT`);
equal parameters of several routes become one component.
"""

from collections.abc import Sequence
from typing import Any

from merx.query.json_schemas import JsonSchema

# A part of the API document, whose keys OpenAPI decides.
Part = dict[str, Any]
Parameter = Part

_TEXT = {"type": "string"}
COUNT: JsonSchema = {"type": "integer", "minimum": 0}
_CONTEXT = {
    "currency_code": "The currency of calculated prices.",
    "region_id": "The region whose prices and taxes are shown.",
    "country_code": "The country whose taxes are shown.",
    "province": "The province whose taxes are shown.",
    "cart_id": "The cart whose region, customer and currency determine calculated prices.",
    "customer_id": "The customer that calculated prices are for.",
    "customer_group_id": "The customer groups that calculated prices are for.",
    "sales_channel_id": "The sales channel whose stock is counted.",
    "quantity": "The quantity that prices are calculated for.",
    "version": "The version of the order that is shown; the current one without it.",
    "locale": "The language of the texts.",
    "q": "Only rows whose texts contain this.",
}
# Descriptions of parameters that routes read themselves.
_OTHERS = {
    "fields": "What the answer shows; see *Fields*.",
    "order": "The field to order by, with a leading minus for descending; see *Lists*.",
    "limit": "The maximum number of rows.",
    "offset": "The number of rows to skip.",
    "with_deleted": "Whether deleted rows are shown too.",
    "token": "The token that was sent.",
    "type": "Which kind is meant.",
    **_CONTEXT,
}


def _query(name: str, schema: JsonSchema, description: str) -> Parameter:
    found: Parameter = {
        "name": name,
        "in": "query",
        "description": description,
        "schema": dict(schema),
    }
    if found["schema"].get("type") == "object":
        found["style"] = "deepObject"
    return found


ORDER = _query(
    "order",
    _TEXT,
    "What rows are ordered by: paths of fields, a minus before one for descending "
    "(`-created_at,title`).",
)
SEARCH = _query("q", _TEXT, _CONTEXT["q"])
AFTER = _query(
    "after",
    _TEXT,
    "Only rows after this cursor: `after` of the previous page, or empty for the first page.",
)
FACETS = _query(
    "facets", _TEXT, "Comma-separated names of facets: how many rows have each of the values."
)
OFFSET = _query("offset", COUNT, "The number of rows to skip; by default none.")


def limit_parameter(default: int) -> Parameter:
    """The number of rows in a page."""
    return _query("limit", COUNT, f"How many rows at most; {default} without it.")


def fields_parameter(entity: str, defaults: Sequence[str]) -> Parameter:
    """What an answer shows, with the route's defaults."""
    shown = ", ".join(defaults)
    described = f"What the answer shows; see *Fields*. Without it: `{shown}`."
    return {**_query("fields", _TEXT, described), "x-entity": entity}


def context_parameter(name: str) -> Parameter:
    """A value that computed fields read."""
    return _query(name, _TEXT, _CONTEXT.get(name, f"The {_words(name)} that shown values are for."))


def flag_parameter(name: str, relation: str) -> Parameter:
    """A flag that shows a relation to its end."""
    return _query(name, {"type": "boolean"}, f"Whether `{relation}` is shown to its end.")


def filter_parameter(name: str, schema: JsonSchema | None) -> Parameter:
    """A filter on a field's values, or on related rows if it has no schema."""
    if schema is None:
        described = f"Only rows whose `{name}` meet these filters: `{name}[field]=value`."
        return _query(name, {"type": "object"}, described)
    kinds = [one.get("type") for one in schema.get("anyOf", (schema,))]
    several = ", or any of several values" if "array" in kinds else ""
    operators = ", or `{}` of operators" if "object" in kinds else ""
    also = f"{several}{operators}; see *Filters*" if several or operators else ""
    return _query(name, schema, f"Only rows whose `{name}` is this{also}.")


def path_description(path: str, name: str) -> str:
    """The description of a path parameter: which thing's id it is."""
    before = path.partition(f"{{{name}}}")[0].rstrip("/").rpartition("/")[2]
    if name.endswith("_id"):
        return f"The id of the {_words(name.removesuffix('_id'))}."
    if name in ("id", "code", "key") and before and "{" not in before:
        return f"The {name} of the {_singular(_words(before))}."
    return f"The {_words(name)}."


def other_description(name: str) -> str:
    """The description of a query parameter that its route does not describe."""
    return _OTHERS.get(name, f"The {_words(name)}.")


def _words(name: str) -> str:
    return name.replace("-", " ").replace("_", " ")


def _singular(words: str) -> str:
    if words.endswith("ies"):
        return f"{words[:-3]}y"
    return words.removesuffix("s")


def header(name: str, description: str) -> Parameter:
    """A header that a request may send."""
    return {"name": name, "in": "header", "description": description, "schema": dict(_TEXT)}


IDEMPOTENCY_KEY = header(
    "Idempotency-Key",
    "A key chosen by the client, preferably a UUID: the same request with the same key is done "
    "once and answered alike.",
)
PREFER = header("Prefer", "`errors=detailed` asks for `errors`, naming every bad row and field.")
IF_MATCH = header(
    "If-Match",
    "The `ETag` of GET at the same path and query: the change is made only if it is unchanged.",
)
IF_NONE_MATCH = header(
    "If-None-Match", "The `ETag` that the client has: 304 without a body if it is unchanged."
)
LOCALE = header("x-medusa-locale", "The language of the texts, such as `de-DE`.")
DRY_RUN = _query(
    "dry_run",
    {"type": "boolean"},
    "Whether the change is rolled back after the answer is computed.",
)
ERROR_POLICY = _query(
    "error_policy",
    {"type": "string", "enum": ["reject_all", "reject_failed", "ignore_failed"]},
    "What becomes of a batch of which some rows are in error: nothing is written, those rows are "
    "left out, or those fields of them.",
)
