"""Bodies of the API key routes."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from merx.core.kinds import Input, Number, Title
from merx.modules.api_key.service import KEY_TYPES, KeyType


def _type(value: Any) -> Any:
    if value not in KEY_TYPES:
        raise PydanticCustomError("enum", "not a type", {"expected": ", ".join(KEY_TYPES)})
    return value


class CreateApiKey(Input):
    """A new key: its title and type. The shop generates the token."""

    title: Title
    type: Annotated[KeyType, BeforeValidator(_type)]


class UpdateApiKey(Input):
    """What can be changed of a key."""

    title: Title


class RevokeApiKey(Input):
    """The number of seconds until the key ends; without it, at once."""

    revoke_in: Number = Decimal(0)
