"""A field that takes an object, or the id of one that exists; not null, though it may be absent."""

from typing import Any

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from merx.core.shapes import is_dict

# Where Pydantic reports that an object is no id.
_AS_ID = ("str",)


def _id_or_object(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    if isinstance(value, str):
        return value
    if not is_dict(value):
        raise _neither([{"type": "model_type", "loc": (), "input": value}])
    try:
        return validate(value)
    except ValidationError as error:
        # The other places begin with the name of the object's model.
        within = [{**one, "loc": one["loc"][1:]} for one in error.errors() if one["loc"] != _AS_ID]
        raise _neither(within) from error


def _neither(errors: list[Any]) -> PydanticCustomError:
    return PydanticCustomError("neither", "neither an id nor a valid object", {"errors": errors})


ID_OR_OBJECT = WrapValidator(_id_or_object)
