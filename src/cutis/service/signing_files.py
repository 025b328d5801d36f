"""The private keys of the service: made once, kept sealed in one file beside the records' keys."""

from __future__ import annotations

import json
from pathlib import Path

from cutis.core.errors import StoreError
from cutis.service.proofs import Signers
from cutis.store.account_seal import AccountSeal
from cutis.store.checkpoint import LogSigner, Policy
from cutis.store.disk import SystemFiles, put_file
from cutis.store.key_files import KeyFile, KeyKind
from cutis.store.statement import Signer

_ABOUT = "signing-keys/1"
_KINDS = (KeyKind.SIGNER, KeyKind.LOG)


def load_signers(path: Path, seal: AccountSeal, *, origin: str) -> Signers:
    """Return the signers whose keys lie at ``path``; make them where there are none.

    Args:
        path: a file that only this user can read.
        seal: what the file is sealed with.
        origin: the name of a new log and signer, such as ``skin.example.org/cutis``.

    Raises:
        TamperedError: the file does not open.
        StoreError: the file cannot be read or written.
    """
    if not path.exists():
        fresh = json.dumps([KeyFile.generate(kind, origin).text() for kind in _KINDS])
        put_file(SystemFiles(), path, seal.seal(fresh.encode(), _ABOUT), mode=0o600)
    try:
        sealed = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"The signing keys cannot be read ({error.strerror}). Give this user the right to."
        ) from error
    owners = [KeyFile.parse(text).owner() for text in json.loads(seal.open(sealed, _ABOUT))]
    reports = next(owner for owner in owners if isinstance(owner, Signer))
    log = next(owner for owner in owners if isinstance(owner, LogSigner))
    return Signers(reports, log, Policy((log.keys,), (), required=0))
