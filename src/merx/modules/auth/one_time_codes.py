"""Codes that change every 30 seconds (TOTP, RFC 6238), as authenticator apps show them."""

import re
import time
from urllib.parse import quote

from pyotp import random_base32
from pyotp.exceptions import OTPVerificationError
from pyotp.totp import TOTP

_PERIOD = 30
# Clocks differ and typing takes time: the code before and the one after are taken too.
_WINDOW = 1
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 advises."""
    return random_base32()


def otpauth_url(secret: str, *, issuer: str, account: str) -> str:
    """What an authenticator app reads off a QR code; an empty issuer is left out."""
    label = f"{quote(issuer)}:{quote(account, safe='')}" if issuer else quote(account, safe="")
    named = f"&issuer={quote(issuer, safe='')}" if issuer else ""
    return f"otpauth://totp/{label}?secret={secret}{named}"


def matching_step(secret: str, code: str, *, at: float | None = None) -> int | None:
    """The time step whose code this is, of the present one and its neighbours; None without one.

    Each candidate is compared in constant time. Only six ASCII digits are compared at all: the
    library would take other digits of Unicode for them.
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
