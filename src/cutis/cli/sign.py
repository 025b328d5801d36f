"""``cutis sign``, ``verify`` and ``disclose``: reports that anyone can check offline."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.keys import PASSPHRASE_HELP, load_private, load_trusted, read_text
from cutis.core.errors import InputError, StoreError, UntrustedError

if TYPE_CHECKING:
    from cutis.store.signing import SignatureFile
    from cutis.store.verification import Proof, TrustedKeys

Report = Annotated[
    Path, typer.Argument(metavar="REPORT", help="A report: JSON, HTML, PDF, CSV or ZIP.")
]


def sign(
    report: Report,
    *,
    key: Annotated[
        Path, typer.Option("--key", metavar="FILE", help="The private keys of a signer.")
    ],
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", metavar="FILE", help=PASSPHRASE_HELP)
    ] = None,
) -> None:
    """Sign a report with Ed25519 and ML-DSA-65; the signature is written beside it.

    Keep REPORT.signature.json with the report: it verifies nothing without it.
    """
    from cutis.cli.writing import write_beside
    from cutis.store.signing import sign_report
    from cutis.store.statement import Signer

    owner = load_private(key, passphrase_file).owner()
    if not isinstance(owner, Signer):
        raise InputError("These keys sign logs, not reports. Name a signer's keys with --key.")
    made = sign_report(_bytes(report), report.suffix, owner, at=datetime.now(UTC))
    path = _beside(report)
    write_beside({path.name: made.text().encode()}, path.parent)
    typer.echo(f"{path}  signed by {owner.name}, fingerprint {owner.keys.fingerprint}")


def verify(
    report: Annotated[
        Path, typer.Argument(metavar="REPORT", help="A signed report, or a part of one.")
    ],
    *,
    signature: Annotated[
        Path | None,
        typer.Option("--signature", metavar="FILE", help="Its signature, if not beside it."),
    ] = None,
    keys: Annotated[
        list[Path] | None,
        typer.Option("--keys", metavar="FILE", help="Public keys that you trust; may be repeated."),
    ] = None,
    witnesses: Annotated[
        int, typer.Option("--witnesses", min=0, help="How many witnesses must have seen a log.")
    ] = 2,
    require_log: Annotated[
        bool, typer.Option("--require-log", help="Refuse a signature that stands in no log.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Verify a signed report offline, and tell what was proven and what was not.

    Exit code 0: verified. 5: altered, or signed by nobody you trust. 2: a file is missing.
    """
    from cutis.store.telling import to_text, to_tree

    trusted = load_trusted(keys, witnesses)
    try:
        proof = _proof(report, signature, trusted, in_log=require_log)
    except StoreError as error:
        refused = {"verified": False, "code": error.code, "reason": str(error)}
        text = f"{report.name}: not verified. Rely on nothing in it until this is settled."
        typer.echo(json.dumps(refused, indent=2, ensure_ascii=False) if as_json else text)
        raise
    typer.echo(
        json.dumps(to_tree(proof), indent=2, ensure_ascii=False)
        if as_json
        else to_text(proof, report.name),
        nl=as_json,
    )


def disclose(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A signed assessment.json.")],
    *,
    only: Annotated[
        str,
        typer.Option("--only", metavar="NAMES", help="What to show, such as acne,redness."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the part.")],
    signature: Annotated[
        Path | None,
        typer.Option("--signature", metavar="FILE", help="Its signature, if not beside it."),
    ] = None,
) -> None:
    """Show only some scores of a signed report; who gets the part can still verify it.

    NAMES are conditions, or sections such as regions.nose. Nothing is told of the rest but how many
    sections there are.
    """
    from cutis.cli.writing import write_beside
    from cutis.store.signing import take_part

    wanted = [word.strip() for word in only.split(",") if word.strip()]
    if not wanted:
        raise InputError("--only takes names with commas, such as acne,redness.")
    part = take_part(_signature(report, signature), _bytes(report), wanted)
    write_beside({out.name: part.text().encode()}, out.parent)
    typer.echo(f"{out}  shows " + ", ".join(section.path for section in part.sections))


def _proof(report: Path, signature: Path | None, trusted: TrustedKeys, *, in_log: bool) -> Proof:
    proof = _verified(report, signature, trusted)
    if in_log and proof.place is None:
        raise UntrustedError(
            "The signatures hold, but the report stands in no log, as --require-log asks. "
            "Ask the signer for a signature with its place in a log."
        )
    return proof


def _verified(report: Path, signature: Path | None, trusted: TrustedKeys) -> Proof:
    from cutis.store.signing import ReportPart, is_part
    from cutis.store.verification import verify_part, verify_report

    content = _bytes(report)
    text = content.decode("utf-8", "replace")
    if signature is None and is_part(text):
        return verify_part(ReportPart.parse(text), trusted)
    return verify_report(content, _signature(report, signature), trusted)


def _signature(report: Path, signature: Path | None) -> SignatureFile:
    from cutis.store.signing import SignatureFile

    path = signature or _beside(report)
    if signature is None and not path.exists():
        raise UntrustedError(
            f"The report bears no signature: {path.name} is not beside it, so nothing can be "
            "proven. Ask the signer for it, or name it with --signature."
        )
    return SignatureFile.parse(read_text(path, "signature"))


def _beside(report: Path) -> Path:
    from cutis.store.signing import SIGNATURE_SUFFIX

    return report.with_name(report.name + SIGNATURE_SUFFIX)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"The report cannot be read ({error.strerror}). Name a readable file."
        ) from error
