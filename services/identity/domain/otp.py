"""One-time codes (RFC 6238: six digits, 30 seconds). A code is good once.

Secrets are derived from the deployment's own and a random name, so a copy of the store alone makes no codes.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

import pyotp

_STEP_SECONDS = 30
_SECRET_BYTES = 20
_ISSUER = "Zakrila"


def secret_of(deployment_secret: bytes, name: str) -> str:
    """Return the secret with this name, in Base32 as authenticator apps take it."""
    digest = hmac.digest(deployment_secret, f"otp:{name}".encode(), "sha256")
    return base64.b32encode(digest[:_SECRET_BYTES]).decode()


def uri(secret: str, email: str) -> str:
    """Return what an authenticator app reads from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)


def step_of(secret: str, code: str, now: datetime, used: int) -> int | None:
    """Return the time step whose code this is: the present one or its neighbours, and newer than the last one used."""
    present = int(now.timestamp()) // _STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in (present - 1, present, present + 1):
        if step > used and hmac.compare_digest(totp.at(step * _STEP_SECONDS), code):
            return step
    return None
