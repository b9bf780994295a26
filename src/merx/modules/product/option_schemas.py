"""Bodies of options and their values."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from merx.core.kinds import Input, Metadata, OpenInput, Tidy, TidyTitle, Whole
from merx.core.shapes import is_dict
from merx.modules.product.schemas import OptionInput


class CreateOption(Input):
    """A new option; `ranks` orders its values, by value."""

    title: TidyTitle
    values: list[TidyTitle]
    ranks: dict[Tidy, Whole] = Field(default_factory=dict[str, int])
    is_exclusive: bool = False
    metadata: Metadata | None = None


class UpdateOption(Input):
    """Changes to an option; `values` replaces its values, `metadata` all its keys."""

    title: TidyTitle = ""
    values: list[TidyTitle] = Field(default_factory=list[str])
    ranks: dict[Tidy, Whole] = Field(default_factory=dict[str, int])
    is_exclusive: bool = False
    metadata: Metadata | None = None


class UpdateOptionValue(Input):
    value: TidyTitle = ""
    metadata: Metadata | None = None


class _Chosen(OpenInput):
    id: str
    value_ids: list[str]


class _NewValue(Input):
    value: TidyTitle


def _added(value: Any) -> OptionInput:
    """An option to add: an id, an option with some of its values, or a new one."""
    if isinstance(value, str):
        return OptionInput(id=value)
    try:
        if is_dict(value) and "id" in value:
            chosen = _Chosen.model_validate(value)
            return OptionInput(id=chosen.id, value_ids=chosen.value_ids)
        new = CreateOption.model_validate(value)
    except ValidationError as error:
        raise PydanticCustomError("dict_type", "neither an option nor its id") from error
    return OptionInput(**new.model_dump())


def _added_value(value: Any) -> Any:
    """A value to offer: its id, or its text, created if it does not exist."""
    try:
        return value if isinstance(value, str) else _NewValue.model_validate(value)
    except ValidationError as error:
        raise PydanticCustomError("dict_type", "neither a value nor its id") from error


AddedOption = Annotated[OptionInput, BeforeValidator(_added)]
AddedValue = Annotated[str | _NewValue, BeforeValidator(_added_value)]


class UsedOptionPatch(OpenInput):
    """Which values of an option a product starts or stops offering."""

    product_option_id: str
    add: list[AddedValue] = Field(default_factory=list[AddedValue])
    remove: list[str] = Field(default_factory=list[str])


class BatchOptions(Input):
    """Options that a product starts or stops using, or offers other values of."""

    add: list[AddedOption] = Field(default_factory=list[AddedOption])
    remove: list[str] = Field(default_factory=list[str])
    update: list[UsedOptionPatch] = Field(default_factory=list[UsedOptionPatch])
