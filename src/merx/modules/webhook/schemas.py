"""Bodies of the routes of webhooks."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from merx.core.kinds import Flag, Input, not_empty, rule

MOST_PATTERNS = 100
_LONGEST_URL = 2048
_PATTERN = re.compile(r"\*|[a-z0-9_-]+\.(\*|[a-z0-9_-]+)")


def _patterns(values: list[Any]) -> list[Any]:
    not_empty(values)
    if len(values) > MOST_PATTERNS:
        raise rule(f"must not hold more than {MOST_PATTERNS} entries")
    for value in values:
        if not _PATTERN.fullmatch(value):
            raise rule("must hold names such as product.created, product.* or *")
    return list(dict.fromkeys(values))


def _short(value: str) -> str:
    if len(value) > _LONGEST_URL:
        raise rule(f"must not be longer than {_LONGEST_URL} characters")
    return value


Url = Annotated[str, AfterValidator(_short)]
Patterns = Annotated[list[str], AfterValidator(_patterns)]


class CreateWebhook(Input):
    url: Url
    events: Patterns
    description: str | None = None
    enabled: Flag = True


class UpdateWebhook(Input):
    """Omitted fields keep their value."""

    url: Url = ""
    events: Patterns = Field(default_factory=list[str])
    description: str | None = None
    enabled: Flag = True


class ReplayEvents(Input):
    """`after` is the id of the last event not to be sent again; without it, from the oldest."""

    after: str = ""
