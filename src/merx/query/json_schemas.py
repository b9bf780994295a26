"""JSON schemas of values that no column describes, for the API document."""

from collections.abc import Mapping, Sequence
from typing import Any

JsonSchema = dict[str, Any]

NUMBER: JsonSchema = {"type": "number"}
TEXT: JsonSchema = {"type": "string"}
FLAG: JsonSchema = {"type": "boolean"}
TEXTS: JsonSchema = {"type": "array", "items": TEXT}
# A component of the document, which `merx.web.schemas` writes.
EXACT: JsonSchema = {"$ref": "#/components/schemas/ExactAmount"}


def or_null(schema: JsonSchema) -> JsonSchema:
    """The schema, or null."""
    if isinstance(schema.get("type"), str):
        choices = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
        return {**schema, "type": [schema["type"], "null"], **choices}
    return {"anyOf": [schema, {"type": "null"}]}


def object_of(
    properties: Mapping[str, JsonSchema], *, required: Sequence[str] = (), about: str = ""
) -> JsonSchema:
    """An object with these properties."""
    told = {"description": about} if about else {}
    needed = {"required": list(required)} if required else {}
    return {"type": "object", **told, **needed, "properties": dict(properties)}


def mapping_of(values: JsonSchema | bool, about: str = "") -> JsonSchema:
    """An object with arbitrary keys."""
    told = {"description": about} if about else {}
    return {"type": "object", **told, "additionalProperties": values}
