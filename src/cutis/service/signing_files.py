"""The private keys of the service, and the witnesses of its log.

The service's own keys are made once and kept sealed in one file beside the records' keys. A witness
is a folder with a key that `cutis keys make --kind witness` wrote, and with what it has seen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cutis.core.errors import SettingsError, StoreError
from cutis.core.ports import Clock
from cutis.service.proofs import Signers
from cutis.store.account_seal import AccountSeal
from cutis.store.checkpoint import LogSigner, NoteSigner, Policy
from cutis.store.disk import SystemFiles, put_file
from cutis.store.key_files import KeyFile, KeyKind
from cutis.store.statement import Signer
from cutis.store.witness import Witness
from cutis.store.witness_files import WitnessFolder

_ABOUT = "signing-keys/1"
_KINDS = (KeyKind.SIGNER, KeyKind.LOG)
WITNESS_FILE = "witness.private.json"
"""Its key, in a witness's folder."""


def load_signers(
    path: Path, seal: AccountSeal, *, origin: str, witnesses: Sequence[Path] = (), clock: Clock
) -> Signers:
    """Return the signers whose keys lie at ``path``; make them where there are none.

    Args:
        path: a file that only this user can read.
        seal: what the file is sealed with.
        origin: the name of a new log and signer, such as ``skin.example.org/cutis``.
        witnesses: their folders; every one of them must sign a checkpoint.
        clock: tells witnesses when they sign.

    Raises:
        TamperedError: the file does not open.
        StoreError: the file cannot be read or written.
        SettingsError: there is one witness, or a folder holds none.
    """
    if len(set(witnesses)) == 1 or len(set(witnesses)) < len(witnesses):
        raise SettingsError(
            "A log has two witnesses or more, each in a folder of its own, or none. "
            "Name them in service.witnesses."
        )
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
    watching = tuple(_witness(folder, log, clock) for folder in witnesses)
    keys = tuple(one.signer.key for one in watching)
    return Signers(reports, log, Policy((log.keys,), keys, required=len(keys)), watching)


def _witness(folder: Path, log: LogSigner, clock: Clock) -> Witness:
    """Open a witness that keeps what it has seen in its own folder."""
    path = folder / WITNESS_FILE
    try:
        owner = KeyFile.parse(path.read_text(encoding="utf-8")).owner()
    except OSError as error:
        raise SettingsError(
            f"A folder of service.witnesses has no {WITNESS_FILE} that can be read "
            f"({error.strerror}). Make it: cutis keys make NAME --kind witness --out FOLDER"
        ) from error
    if not isinstance(owner, NoteSigner):
        raise SettingsError(
            f"The key in {WITNESS_FILE} is that of no witness. "
            "Make one: cutis keys make NAME --kind witness --out FOLDER"
        )
    memory = WitnessFolder(folder / "seen")
    return Witness(owner, (log.keys,), memory=memory, clock=clock.now)
