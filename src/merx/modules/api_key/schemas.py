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
    """A key: what it is for and whom it lets in. The shop makes its token."""

    title: Title
    type: Annotated[KeyType, BeforeValidator(_type)]


class UpdateApiKey(Input):
    """All of a key that can be changed."""

    title: Title


class RevokeApiKey(Input):
    """In how many seconds a key ends; without them at once."""

    revoke_in: Number = Decimal(0)
