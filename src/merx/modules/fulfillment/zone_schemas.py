"""Bodies of service zone routes. Fields are declared in the order the reference checks them."""

from typing import Any

from pydantic import Field, model_validator

from merx.core.kinds import Input, Metadata, OpenInput, Title, rule
from merx.core.shapes import is_dict

# What a type requires beside the country. If a place does not fit its type, the reference reports
# the type as missing.
_PARTS: dict[str, tuple[tuple[str, type], ...]] = {
    "country": (),
    "province": (("province_code", str),),
    "city": (("province_code", str), ("city", str)),
    "zip": (("province_code", str), ("city", str), ("postal_expression", dict)),
}
_OWN = ("province_code", "city", "postal_expression")


class GeoZoneInput(OpenInput):
    """A place, as narrow as its type says; fields that the type does not have are dropped."""

    country_code: str
    metadata: Metadata | None = None
    type: str
    province_code: str | None = None
    city: str | None = None
    postal_expression: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _fits_its_type(cls, value: Any) -> Any:
        if not is_dict(value):
            return value
        if not isinstance(value.get("country_code"), str):
            raise rule("is required", "country_code")
        if not isinstance(value.get("metadata"), dict | None):
            raise rule("is required", "metadata")
        kind = value.get("type")
        parts = _PARTS.get(kind) if isinstance(kind, str) else None
        if parts is None or not all(isinstance(value.get(name), of) for name, of in parts):
            raise rule("is required", "type")
        asked = {name for name, _ in parts}
        return {name: held for name, held in value.items() if name not in _OWN or name in asked}


class GeoZonePatch(GeoZoneInput):
    """A place to keep, by its id, or a new one."""

    id: str | None = None


class CreateServiceZone(Input):
    name: Title
    geo_zones: list[GeoZoneInput] = Field(default_factory=list[GeoZoneInput])


class UpdateServiceZone(Input):
    """The given places replace those the zone had."""

    name: Title = ""
    geo_zones: list[GeoZonePatch] = Field(default_factory=list[GeoZonePatch])
