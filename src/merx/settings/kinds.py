"""The types of settings."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SHORTEST_SECRET = 32

# Not shown in logs, tracebacks and the output of `merx settings`.
_HIDDEN = Field(repr=False)
Secret = Annotated[str, _HIDDEN]
SecretUrl = Annotated[str | None, _HIDDEN]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]


# The settings read so far, by name: a default may depend on them.
Given = dict[str, Any]


def in_production(values: Given) -> bool:
    """Whether the settings read so far are those of a shop in production."""
    return values.get("mode") == "production"


class Section(BaseSettings):
    """Settings that belong together; `Settings` joins the sections."""

    model_config = SettingsConfigDict(
        env_prefix="MERX_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )
