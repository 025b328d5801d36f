"""Sealing: what comes back, and all that is refused (S12)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.errors import TamperedError
from cutis.core.record_words import Kind
from cutis.store.sealing import OVERHEAD_BYTES, Identity, new_key, open_sealed, seal

KEY = bytes(range(32))
WHO = Identity("tenant", "subject", "record", Kind.VISIT, 1, "key")
names = st.text(max_size=8)
identities = st.builds(
    Identity, names, names, names, st.sampled_from(Kind), st.integers(1, 99), names
)


@given(st.binary(max_size=200), identities)
def test_what_was_sealed_opens(plain: bytes, who: Identity):
    sealed = seal(KEY, plain, who)
    assert len(sealed) == len(plain) + OVERHEAD_BYTES
    assert open_sealed(KEY, sealed, who) == plain


@given(identities, identities)
def test_identities_bind_apart(one: Identity, other: Identity):
    """Parts are told with their lengths, so that no two identities share their bytes."""
    assert (one == other) == (one.associated_data() == other.associated_data())


def test_every_flipped_bit_is_refused():
    sealed = seal(KEY, b"a sealed record", WHO)
    for bit in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(TamperedError):
            open_sealed(KEY, bytes(flipped), WHO)


@pytest.mark.parametrize(
    "other",
    [
        replace(WHO, tenant_id="tenan2"),
        replace(WHO, subject_id="subjec2"),
        replace(WHO, record_id="recor2"),
        replace(WHO, kind=Kind.PHOTO),
        replace(WHO, version=2),
        replace(WHO, key_id="ke2"),
    ],
)
def test_another_identity_is_refused(other: Identity):
    with pytest.raises(TamperedError):
        open_sealed(KEY, seal(KEY, b"plain", WHO), other)


def test_another_key_and_a_stump_are_refused():
    sealed = seal(KEY, b"plain", WHO)
    for key, content in ((new_key(), sealed), (KEY, sealed[:-1]), (KEY, sealed[:5]), (KEY, b"")):
        with pytest.raises(TamperedError, match="visit does not open"):
            open_sealed(key, content, WHO)


def test_equal_things_look_different():
    assert seal(KEY, b"plain", WHO) != seal(KEY, b"plain", WHO)


def test_the_format_is_the_one_described():
    """The other interface of the library, used by hand, gives the same bytes."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    sealed = seal(KEY, b"plain text", WHO, random=lambda size: b"\1" * size)
    encryptor = Cipher(algorithms.AES(KEY), modes.GCM(b"\1" * 12)).encryptor()
    encryptor.authenticate_additional_data(WHO.associated_data())
    body = encryptor.update(b"plain text") + encryptor.finalize()
    assert sealed == b"CTS1" + b"\1" * 12 + body + encryptor.tag
