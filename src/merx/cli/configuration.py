"""The settings of commands: complete, or a failure that names the variable."""

import os

import typer
from pydantic import ValidationError

from merx.core.operator_errors import OperatorError
from merx.settings import Settings, with_development_secrets


def load_settings(**options: object) -> Settings:
    """Settings from the environment; an option that is not None overrides its variable."""
    try:
        settings = Settings(**{name: value for name, value in options.items() if value is not None})  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        first = error.errors()[0]
        raise OperatorError(f"{_variable(str(first['loc'][0]))}: {first['msg']}") from error
    known = {_variable(name) for name in Settings.model_fields}
    unknown = {name for name in os.environ if name.startswith("MERX_")} - known
    if unknown:
        for name in sorted(unknown - _of_extensions(settings)):
            typer.echo(f"merx: {name} is not a setting (merx settings lists them)", err=True)
    return settings


def _of_extensions(settings: Settings) -> set[str]:
    """The variables read by extensions."""
    from merx.extension import load_extensions

    return {
        f"{each.settings.model_config.get('env_prefix', '')}{name}".upper()
        for each in load_extensions(settings)
        if each.settings is not None
        for name in each.settings.model_fields
    }


def load_serving_settings(**options: object) -> Settings:
    """Settings a server may start with: its secrets are set and, in production, strong."""
    settings = load_settings(**options)
    if unfinished := settings.unfinished():
        raise OperatorError(f"Set {' and '.join(unfinished)} too (merx settings explains)")
    if settings.mode == "production":
        weak = settings.weak_secrets()
        if weak:
            raise OperatorError(
                f"Set {' and '.join(weak)} to 32 characters or more: openssl rand -hex 32"
            )
        return settings
    try:
        return with_development_secrets(settings)
    except OSError as error:
        raise OperatorError(f"{error.filename}: {error.strerror} (MERX_DATA_DIR)") from error


def export(settings: Settings) -> None:
    """Export the settings to the environment, where worker processes read them."""
    for name, value in settings.model_dump().items():
        if value is not None:
            os.environ[_variable(name)] = str(value)


def _variable(field: str) -> str:
    return f"MERX_{field.upper()}"
