"""Addresses of pages in bodies, such as those of parcels under way."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def _web_address(value: str) -> str:
    """Empty, `#`, or a URL that a browser can open."""
    parts = urlsplit(value) if value not in ("", "#") else None
    if parts is not None and (
        parts.scheme not in ("http", "https") or not parts.netloc or " " in parts.netloc
    ):
        raise PydanticCustomError("sentence", "URL must use http: or https: scheme")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
