"""Validates large bodies so that an entirely wrong one costs no more than a valid one.

Pydantic collects every error, and each costs more time and memory than the value it is about. Large
bodies are therefore checked by a validator whose lists stop at their first error. If that fails,
the rows are checked one by one until a hundred problems are found; the rest are only counted.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cache
from itertools import islice
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, SchemaValidator

from merx.core.errors import InvalidData
from merx.core.shapes import is_dict, is_list
from merx.web.wording import MOST_PROBLEMS, invalid_request

# A smaller body holds too few values for its errors to matter.
LARGE_BYTES = 8 * 1024
MOST_KEYS = 20_000
_FEW_VALUES = 1000
_MOST_COUNTED = 10_000

M = TypeVar("M", bound=BaseModel)
_Location = tuple[str | int, ...]


def validated(model: type[M], value: Any, raw: bytes = b"") -> M:
    """The model of a large body; InvalidData with the first problems and the number of the rest."""
    kept, left_out = _without_most_unknown(model, value)
    check_shape(kept, raw)
    try:
        return _stopping_early(model).validate_python(kept)
    except ValidationError as error:
        broken = _Broken()
        broken.look(model, kept, ())
        if not broken.errors:
            broken.add(error, ())
        raise invalid_request(
            broken.errors, skip=0, unlisted=broken.unlisted, unknown_more=left_out
        ) from None


def check_shape(value: Any, raw: bytes) -> None:
    """Refuse very large objects, and nesting that orjson parses (1,024 levels) but cannot write for
    the database (254).
    """
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise InvalidData("Invalid request: The body is nested deeper than 254 levels") from error
    # Most bodies have fewer keys in total, which is quick to count.
    level = [value] if raw.count(b":") > MOST_KEYS else []
    while level:
        if any(len(node) > MOST_KEYS and is_dict(node) for node in level):
            raise InvalidData(f"Invalid request: An object has more than {MOST_KEYS} keys")
        level = _below(level)


def _below(level: list[Any]) -> list[Any]:
    """The objects and lists directly inside those of a level."""
    held: Iterable[Iterable[Any]] = (node.values() if is_dict(node) else node for node in level)
    return [child for items in held for child in items if is_dict(child) or is_list(child)]


def _without_most_unknown(model: type[BaseModel], value: Any) -> tuple[Any, int]:
    """The body with no more unknown keys than are reported, and the number of keys removed."""
    if not is_dict(value) or model.model_config.get("extra") != "forbid":
        return value, 0
    known = {name: value[name] for name in model.model_fields if name in value}
    more = len(value) - len(known) - MOST_PROBLEMS
    if more <= 0:
        return value, 0
    told = islice((name for name in value if name not in known), MOST_PROBLEMS)
    return {**known, **dict.fromkeys(told)}, more


class _Broken:
    """The first problems of a body, and the number of the rest."""

    def __init__(self) -> None:
        self.errors: list[ErrorDetails] = []
        self.unlisted = 0

    def look(self, model: type[BaseModel], value: Any, at: _Location) -> None:
        """Find the problems of a model's value: row by row, then the rest of it."""
        if not is_dict(value) or _is_small(value):
            self._check(model.model_validate, value, at)
            return
        lists = {name: row for name, row in _rows_of(model) if is_list(value.get(name))}
        for name, row_model in lists.items():
            for place, row in enumerate(value[name]):
                if self.unlisted >= _MOST_COUNTED:
                    return
                self.look(row_model, row, (*at, name, place))
        rest = {name: item for name, item in value.items() if name not in lists}
        self._check(_stopping_early(model).validate_python, rest, at, but=lists)

    def _check(
        self, check: Callable[[Any], Any], value: Any, at: _Location, but: Collection[str] = ()
    ) -> None:
        try:
            check(value)
        except ValidationError as error:
            self.add(error, at, but)

    def add(self, error: ValidationError, at: _Location, but: Collection[str] = ()) -> None:
        """Record errors below a path, except those of some fields and of the model without them."""
        if len(self.errors) >= MOST_PROBLEMS:
            self.unlisted += error.error_count()
            return
        for one in error.errors(include_url=False):
            if not but or (one["loc"] and one["loc"][0] not in but):
                self.errors.append({**one, "loc": (*at, *one["loc"])})


def _is_small(value: Any) -> bool:
    """Whether a value is small enough to collect all its errors."""
    count, level = 0, [value]
    while level and count < _FEW_VALUES:
        count += sum(len(node) for node in level)
        level = _below(level) if count < _FEW_VALUES else []
    return count < _FEW_VALUES


@cache
def _stopping_early(model: type[BaseModel]) -> SchemaValidator:
    """The model's validator, except that lists stop at their first error."""
    # Without `_use_prebuilt=False` it would reuse the validators the models already have.
    return SchemaValidator(_with_fail_fast(model.__pydantic_core_schema__), _use_prebuilt=False)


def _with_fail_fast(schema: Any) -> Any:
    if is_list(schema):
        return [_with_fail_fast(item) for item in schema]
    if not is_dict(schema):
        return schema
    own = {name: _with_fail_fast(item) for name, item in schema.items()}
    return {**own, "fail_fast": True} if own.get("type") == "list" else own


@cache
def _rows_of(model: type[BaseModel]) -> tuple[tuple[str, type[BaseModel]], ...]:
    """The fields of a model that are lists of models."""
    found = ((name, _row_of(info.annotation)) for name, info in model.model_fields.items())
    return tuple((name, row) for name, row in found if row is not None)


def _row_of(annotation: Any) -> type[BaseModel] | None:
    """The model in `list[Model]`, wherever it is in the annotation."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is not list:
        found = map(_row_of, arguments[:1] if origin is Annotated else arguments)
        return next((one for one in found if one is not None), None)
    row = get_args(arguments[0])[0] if get_origin(arguments[0]) is Annotated else arguments[0]
    is_model = isinstance(row, type) and issubclass(row, BaseModel)
    return cast("type[BaseModel]", row) if is_model else None
