"""Publishable and secret keys for the tests."""

from base64 import b64encode

from merx.core.database import Transaction
from merx.modules.api_key.service import KeyType, create_api_key


async def make_key(tx: Transaction, key_type: KeyType = "publishable") -> tuple[str, str]:
    """A key: its id and its token."""
    return await create_api_key(tx, title="A key", key_type=key_type)


def storefront(token: str) -> dict[str, str]:
    return {"x-publishable-api-key": token}


def basic(token: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'{token}:'.encode()).decode()}"}
