"""scrypt hashes as another shop stored them, for data that was moved in.

Nothing new is hashed this way: a successful log-in replaces the hash by one of the current kind.
"""

import hashlib
import hmac
from base64 import b64decode
from binascii import Error

# The format of Colin Percival's scrypt: magic, log2 N, r, p, salt, a checksum and a tag.
_MAGIC = b"scrypt\x00"
_LENGTH = 96
# The most memory a hash may need, 128 MiB; a higher cost is refused as malicious.
_MOST_MEMORY = 128 * 1024 * 1024


def is_scrypt(stored: str) -> bool:
    """Whether a stored password is in that format, in base64."""
    return stored.startswith("c2NyeXB0A")


def scrypt_matches(stored: str, secret: bytes) -> bool:
    """Whether the secret matches the hash."""
    try:
        raw = b64decode(stored, validate=True)
    except Error:
        return False
    if len(raw) != _LENGTH or not raw.startswith(_MAGIC):
        return False
    cost, block, lanes = raw[7], int.from_bytes(raw[8:12]), int.from_bytes(raw[12:16])
    if not 1 <= cost <= 20 or not block or not lanes or lanes > 4:
        return False
    if 128 * block * (1 << cost) > _MOST_MEMORY:
        return False
    key = _derived(secret, raw[16:48], 1 << cost, block, lanes)
    return hmac.compare_digest(hmac.digest(key[32:], raw[:64], "sha256"), raw[64:])


def hex_scrypt(secret: str, salt: str) -> str:
    """The hash of an API key in that shop: Node's scrypt with its default cost."""
    return _derived(secret.encode(), salt.encode(), 1 << 14, 8, 1).hex()


def _derived(secret: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    most = _MOST_MEMORY + (1 << 20)
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=most, dklen=64)
