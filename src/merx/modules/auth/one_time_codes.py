"""Codes that change every 30 seconds (TOTP, RFC 6238), as authenticator apps show them."""

import re
import time
from urllib.parse import quote

from pyotp import random_base32
from pyotp.exceptions import OTPVerificationError
from pyotp.totp import TOTP

_PERIOD = 30
# Clocks differ and typing takes time, so the previous and the next code are accepted too.
_WINDOW = 1
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 recommends."""
    return random_base32()


def otpauth_url(secret: str, *, issuer: str, account: str) -> str:
    """The URL that an authenticator app reads from a QR code; an empty issuer is left out."""
    label = f"{quote(issuer)}:{quote(account, safe='')}" if issuer else quote(account, safe="")
    named = f"&issuer={quote(issuer, safe='')}" if issuer else ""
    return f"otpauth://totp/{label}?secret={secret}{named}"


def matching_step(secret: str, code: str, *, at: float | None = None) -> int | None:
    """The time step of this code, among the current one and its neighbours; None if it is wrong.

    Candidates are compared in constant time. Only six ASCII digits are compared, since the library
    would accept other Unicode digits.
    """
    if not _CODE.fullmatch(code):
        return None
    moment = time.time() if at is None else at
    try:
        return TOTP(secret, interval=_PERIOD).verify_and_get_timecode(
            code, for_time=moment, valid_window=_WINDOW
        )
    except OTPVerificationError:
        return None
