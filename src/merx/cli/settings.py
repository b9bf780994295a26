"""`merx settings`: every variable, its value and its meaning."""

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def settings() -> None:
    """Show every setting: its current value, its default and its meaning. Secrets are hidden."""
    from merx.cli.configuration import load_settings

    current = load_settings()
    for name, field in type(current).model_fields.items():
        value = getattr(current, name)
        default = field.get_default(call_default_factory=True, validated_data=current.model_dump())
        origin = "default" if value == default else f"default: {_shown(field, default)}"
        typer.echo(f"MERX_{name.upper()} = {_shown(field, value)}  ({origin})")
        typer.echo(f"    {field.description}")


def _shown(field: "FieldInfo", value: Any) -> str:
    if value is None or value == "":
        return "unset"
    if not field.repr:
        return "********"
    return str(value).lower() if isinstance(value, bool) else str(value)
