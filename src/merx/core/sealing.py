"""Values encrypted at rest: Fernet (AES-128-CBC and HMAC-SHA256) with keys derived from a setting.

The setting is one long random text, or several separated by commas: the first encrypts, any of them
decrypts. To replace a key, put the new one in front; the old one stays readable as long as it is
listed. An encrypted value is bound to the row it belongs to, so that somebody who can write to the
database cannot move a value to another row.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_BOUND = "\n"


def seal(value: str, *, owner: str, keys: str) -> str:
    """The value encrypted for the row `owner`; `keys` is the setting."""
    return _box(keys).encrypt(f"{owner}{_BOUND}{value}".encode()).decode()


def unseal(sealed: str, *, owner: str, keys: str) -> str | None:
    """The decrypted value; None if no key decrypts it or it belongs to another row."""
    try:
        opened = _box(keys).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None
    belongs_to, _, value = opened.partition(_BOUND)
    return value if belongs_to == owner else None


def split_keys(keys: str) -> list[str]:
    """The keys of a setting; the first one encrypts."""
    return [key.strip() for key in keys.split(",") if key.strip()]


@lru_cache(maxsize=8)
def _box(keys: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in split_keys(keys)])


def _derived(key: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"merx sealed values")
    return urlsafe_b64encode(derivation.derive(key.encode()))
