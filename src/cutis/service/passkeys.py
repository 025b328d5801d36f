"""Passkeys (WebAuthn level 3): challenges that are used once, and what a browser answers to them.

The cryptography and the parsing are py_webauthn's; here stand the rules: the user is verified by
the device, the origin and the domain are ours, and a signature count never goes back.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from cutis.core.accounts import Passkey, User
from cutis.service.errors import RefusedRequestError

_CHALLENGE_BYTES = 32
_CHALLENGE_S = 300.0
_MOST_CHALLENGES = 10_000


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom a passkey is for: the domain, and the origin that the browser must show."""

    domain: str
    origin: str
    name: str = "Cutis"


class Challenges:
    """Challenges that were given out, each good once and for five minutes."""

    def __init__(self, random_bytes: Callable[[int], bytes], now_s: Callable[[], float]) -> None:
        self._random_bytes, self._now_s = random_bytes, now_s
        self._lock = threading.Lock()
        self._given: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    def give(self, use: str) -> bytes:
        """Return a new challenge for one use, such as ``register/USER``."""
        challenge = self._random_bytes(_CHALLENGE_BYTES)
        with self._lock:
            self._given[challenge] = (use, self._now_s() + _CHALLENGE_S)
            while len(self._given) > _MOST_CHALLENGES:
                self._given.popitem(last=False)
        return challenge

    def take(self, challenge: bytes, use: str) -> bool:
        """Tell whether a challenge was given for this use, and take it back."""
        with self._lock:
            given_for, until_s = self._given.pop(challenge, ("", 0.0))
        return given_for == use and self._now_s() <= until_s


class PasskeyDesk:
    """Registers passkeys and checks them."""

    def __init__(self, party: RelyingParty, challenges: Challenges) -> None:
        self._party, self._challenges = party, challenges

    def registration_options(self, user: User, known: Sequence[Passkey]) -> dict[str, Any]:
        """Return what a browser needs to make a passkey for ``user``."""
        options = webauthn.generate_registration_options(
            rp_id=self._party.domain,
            rp_name=self._party.name,
            user_id=user.id.encode(),
            user_name=user.login,
            challenge=self._challenges.give(f"register/{user.id}"),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_descriptors(known),
        )
        return _as_json(options)

    def register(
        self, user: User, credential: dict[str, Any], *, label: str, created_at: str
    ) -> Passkey:
        """Return the passkey that a browser made.

        Raises:
            RefusedRequestError: the answer does not fit the challenge, the origin or the domain.
        """
        challenge = self._challenge(credential, f"register/{user.id}")
        try:
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._party.domain,
                expected_origin=self._party.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise _refused() from error
        return Passkey(
            id=bytes_to_base64url(made.credential_id),
            user_id=user.id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            label=label,
            created_at=created_at,
        )

    def sign_in_options(self, known: Sequence[Passkey] = (), *, use: str) -> dict[str, Any]:
        """Return what a browser needs to sign a challenge for ``use``."""
        options = webauthn.generate_authentication_options(
            rp_id=self._party.domain,
            challenge=self._challenges.give(use),
            allow_credentials=_descriptors(known) or None,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _as_json(options)

    def check(self, passkey: Passkey, credential: dict[str, Any], *, use: str) -> int:
        """Return the new signature count of a passkey that signed the challenge for ``use``.

        Raises:
            RefusedRequestError: the signature, challenge, origin, domain or count does not fit.
        """
        challenge = self._challenge(credential, use)
        try:
            signed = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._party.domain,
                expected_origin=self._party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise _refused() from error
        return signed.new_sign_count

    def _challenge(self, credential: dict[str, Any], use: str) -> bytes:
        """Return the challenge that a browser answers, if it was given for ``use``."""
        try:
            client = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
            challenge = base64url_to_bytes(client["challenge"])
        except (ValueError, KeyError, TypeError) as error:
            raise _refused() from error
        if not self._challenges.take(challenge, use):
            raise _refused()
        return challenge


def _descriptors(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(p.id)) for p in known]


def _as_json(options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return found


def _refused() -> RefusedRequestError:
    return RefusedRequestError(
        "access.credentials",
        "The passkey does not answer this challenge. Ask for new options and try again.",
    )
