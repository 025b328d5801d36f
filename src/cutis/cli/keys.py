"""``cutis keys``: make keys, and show whose keys a file holds."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.errors import warn
from cutis.core.errors import InputError, StoreError

if TYPE_CHECKING:
    from cutis.store.key_files import KeyFile
    from cutis.store.verification import TrustedKeys

app = typer.Typer(help="Keys that sign reports and logs.", no_args_is_help=True)

TRUSTED_NAME = "trusted-keys.json"
"""The file of keys that are trusted by default, beside the settings file."""

PASSPHRASE_HELP = "A file whose first line is the passphrase; asked for where it is needed."  # noqa: S105


@app.command("make")
def make(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Whose keys they are, such as clinic.example/reports."),
    ],
    *,
    kind: Annotated[
        str, typer.Option("--kind", help="What they sign: signer (reports), log, or witness.")
    ] = "signer",
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where both files are written.")
    ] = Path(),
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase and seal the keys with it.")
    ] = False,
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", metavar="FILE", help=PASSPHRASE_HELP)
    ] = None,
) -> None:
    """Make keys: one private file to keep, one public file to hand out.

    The private file can be read by its owner only. Who has it can sign in this name.
    """
    from cutis.store.key_files import KeyFile, KeyKind, public_text

    if kind not in list(KeyKind):
        raise InputError(f"--kind is one of {', '.join(KeyKind)}; {kind!r} came.")
    word = _first_line(passphrase_file) if passphrase_file else None
    if passphrase and word is None:
        word = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    made = KeyFile.generate(KeyKind(kind), name)
    private, public = out / f"{kind}.private.json", out / f"{kind}.public.json"
    _write_new(private, made.text(word), 0o600)
    _write_new(public, public_text(made.trusted()), 0o644)
    typer.echo(f"{private}  keep it secret: who has it signs in the name {name}")
    typer.echo(f"{public}  hand it out")
    for line in _whose(made.trusted()):
        typer.echo(line)


@app.command("show")
def show(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Public key files.")],
) -> None:
    """Show whose keys public files hold, with their fingerprints to compare."""
    from cutis.store.key_files import read_public

    for path in files:
        for line in _whose(read_public([read_text(path, "key file")], required=0)):
            typer.echo(line)


def load_private(path: Path, passphrase_file: Path | None) -> KeyFile:
    """Read a private key file, asking for its passphrase where it has one.

    Raises:
        InputError: the file cannot be read.
        StoreError: it is no key file, or does not open.
    """
    from cutis.store.key_files import KeyFile, is_sealed

    text = read_text(path, "key file")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        warn("keys", "Others on this machine can read the private keys. Run: chmod 600 FILE.")
    word = None
    if is_sealed(text):
        word = (
            _first_line(passphrase_file)
            if passphrase_file
            else str(typer.prompt("Passphrase", hide_input=True, err=True))
        )
    return KeyFile.parse(text, word)


def load_trusted(files: list[Path] | None, required: int) -> TrustedKeys:
    """Read the public keys that are trusted: those of ``files``, or those trusted by default.

    Raises:
        InputError: a file cannot be read, or none is named and there is none by default.
    """
    from cutis.settings import config_path
    from cutis.store.key_files import read_public

    default = config_path().with_name(TRUSTED_NAME)
    if not files and not default.exists():
        raise InputError(
            "Whom do you trust? Name the public key file of the signer with --keys, or put it "
            f"beside the settings file as {TRUSTED_NAME}. Get it from the signer, not from who "
            "gave you the report."
        )
    return read_public([read_text(path, "key file") for path in files or [default]], required)


def read_text(path: Path, what: str) -> str:
    """Read a file as text.

    Raises:
        InputError: it cannot be.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise InputError(f"The {what} cannot be read ({reason}). Name a readable one.") from error


def _whose(trusted: TrustedKeys) -> list[str]:
    lines = [f"signer   {keys.name}  {keys.fingerprint}" for keys in trusted.signers]
    lines += [
        f"log      {keys.origin}  {keys.ed25519.id.hex()}-{keys.ml_dsa_44.id.hex()}"
        for keys in trusted.policy.logs
    ]
    return lines + [f"witness  {key.name}  {key.id.hex()}" for key in trusted.policy.witnesses]


def _first_line(path: Path) -> str:
    return read_text(path, "passphrase file").split("\n", 1)[0].rstrip("\r")


def _write_new(path: Path, text: str, mode: int) -> None:
    """Write a file that must not be there yet, readable as ``mode`` says from the start."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError as error:
        raise InputError(
            "There are keys in that folder already, and they are not overwritten. "
            "Name another with --out."
        ) from error
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise StoreError(
            f"The keys cannot be written ({error.strerror}). Name another folder with --out."
        ) from error
