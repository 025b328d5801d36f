"""How a message is signed, after Standard Webhooks 1.0 (standardwebhooks.com).

The signature is HMAC-SHA256 over ``id.timestamp.body``, in base64 behind ``v1,``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

TOLERANCE_S = 300


def sign(secret: bytes, message_id: str, timestamp_s: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``."""
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode('ascii')}"


def signed_headers(secret: bytes, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """Return the headers that a receiver checks."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": sign(secret, message_id, timestamp_s, body),
    }


def is_signed(secret: bytes, headers: dict[str, str], body: bytes, now_s: float) -> bool:
    """Tell whether a message was signed with ``secret`` within the last five minutes.

    For receivers, and for our own tests.
    """
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(now_s - int(stamp)) > TOLERANCE_S:
        return False
    expected = sign(secret, message_id, int(stamp), body)
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected, one) for one in given)


def shown_secret(secret: bytes) -> str:
    """Return a secret as it is shown once, when the webhook is made."""
    return f"whsec_{base64.b64encode(secret).decode('ascii')}"
