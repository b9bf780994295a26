"""Types of input values shared by all schemas: what the API accepts as a number, flag or text.

JSON is parsed first, so text is never taken for a number. Pydantic reports problems with these
error types; `web/wording.py` has the messages.
"""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from merx.core.metadata import TOO_LARGE, is_too_large
from merx.core.money import exact
from merx.core.shapes import Json

INT4 = 2**31 - 1

# What the reference accepts as an e-mail: letters and digits without accents, no dot next to
# another or at an end, and a domain that ends in letters.
_EMAIL = re.compile(
    r"(?!\.)(?!.*\.\.)[\w'+.-]*[\w+-]@(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,}\Z",
    re.ASCII | re.IGNORECASE,
)


class Input(BaseModel):
    """A body: unknown keys are refused, types are not coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OpenInput(BaseModel):
    """A nested object whose unknown keys are dropped, as on the reference."""

    model_config = ConfigDict(extra="ignore", strict=True)


def _number(value: Any) -> Decimal:
    if type(value) is int:
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("number_type", "not a number")
    number = exact(value)
    if number is None:
        raise PydanticCustomError("number_type", "not a finite number")
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if abs(number) > INT4:
        raise rule(f"must lie between -{INT4} and {INT4}")
    # Rounds half away from zero, as PostgreSQL does for the reference.
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))


def _real(value: Any) -> float:
    return float(_number(value))


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("flag_type", "not a boolean")
    if value.lower() not in ("true", "false"):
        raise PydanticCustomError("flag", "not a boolean")
    return value.lower() == "true"


def one_of(*choices: str) -> BeforeValidator:
    """The message for a text that is not one of the choices."""

    def check(value: Any) -> Any:
        if value not in choices:
            raise PydanticCustomError("enum", "not a choice", {"expected": ", ".join(choices)})
        return value

    return BeforeValidator(check)


def not_empty(value: list[Any]) -> list[Any]:
    """The message for a list that must not be empty."""
    if not value:
        raise PydanticCustomError("too_small", "too small", {"least": "1"})
    return value


def rule(text: str, field: str = "") -> PydanticCustomError:
    """A rule of our own that a value or a field of an object breaks: `must be greater than 0`."""
    return PydanticCustomError("rule", "{rule}", {"rule": text, "field": field})


def _email(value: str) -> str:
    if not _EMAIL.match(value):
        raise PydanticCustomError("sentence", "Invalid email address")
    return value


def _not_negative(value: Any) -> Decimal:
    number = _number(value)
    if number < 0:
        raise rule("must not be negative")
    return number


def _positive(value: Any) -> Decimal:
    number = _number(value)
    if number <= 0:
        raise rule("must be greater than 0")
    return number


def _count(value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise PydanticCustomError("whole_type", "not a whole number")
    if abs(number) > INT4:
        raise rule(f"must lie between -{INT4} and {INT4}")
    return int(number)


def at_least(least: int) -> AfterValidator:
    """The message for a number that is too small."""

    def check(value: int) -> int:
        if value < least:
            raise PydanticCustomError("too_small", "too small", {"least": str(least)})
        return value

    return AfterValidator(check)


def at_most(most: int) -> AfterValidator:
    """The message for a number that is too large."""

    def check(value: int) -> int:
        if value > most:
            raise PydanticCustomError("too_big", "too big", {"most": str(most)})
        return value

    return AfterValidator(check)


def _not_empty(value: str) -> str:
    if not value:
        raise PydanticCustomError("too_small", "too small", {"least": "1"})
    return value


def _kept(value: Json) -> Json:
    if value and is_too_large(value):
        raise rule(TOO_LARGE)
    return value


def _stock(value: Any) -> Decimal:
    number = _number(value)
    if number < 0:
        raise PydanticCustomError("too_small", "too small", {"least": "0"})
    return number


def _not_blank(value: str) -> str:
    if not value.strip():
        raise rule("must not be blank")
    return value


def _given(value: str | None) -> str | None:
    return value if value and value.strip() else None


def tidy(text: str) -> str:
    """Text without surrounding blanks, in composed form (NFC): what looks equal is equal."""
    return unicodedata.normalize("NFC", text).strip()


Number = Annotated[Decimal, BeforeValidator(_number, json_schema_input_type=float)]
Money = Annotated[Decimal, BeforeValidator(_not_negative, json_schema_input_type=float)]
Positive = Annotated[Decimal, BeforeValidator(_positive, json_schema_input_type=float)]
Stock = Annotated[Decimal, BeforeValidator(_stock, json_schema_input_type=float)]
Whole = Annotated[int, BeforeValidator(_whole, json_schema_input_type=float)]
Real = Annotated[float, BeforeValidator(_real, json_schema_input_type=float)]
Flag = Annotated[bool, BeforeValidator(_flag, json_schema_input_type=bool | str)]
Count = Annotated[int, BeforeValidator(_count, json_schema_input_type=int)]
Text = str
# A label shown in lists: an empty one could not be clicked.
Title = Annotated[str, AfterValidator(_not_blank)]
Tidy = Annotated[str, AfterValidator(tidy)]
TidyTitle = Annotated[str, AfterValidator(tidy), AfterValidator(_not_blank)]
# A code that is unique if present: an empty form field means none.
Code = Annotated[str | None, AfterValidator(_given)]
Email = Annotated[str, AfterValidator(_email)]
Name = Annotated[
    str,
    AfterValidator(_not_empty),
    AfterValidator(_not_blank),
    WithJsonSchema({"type": "string", "minLength": 1}),
]
Metadata = Annotated[dict[str, Any], AfterValidator(_kept)]
