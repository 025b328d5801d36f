"""The error tree: one root, one child for each party who must act.

    CutisError
    ├── PhotoError            the person: another photo is needed
    │   ├── UnreadablePhotoError     broken, truncated or not a picture at all
    │   ├── UnsupportedPhotoError    a picture, but of a kind that is not read
    │   ├── PhotoTooLargeError       over a limit of bytes, pixels, frames or scans
    │   └── DecodeLimitError         decoding took too much memory or time
    ├── SettingsError         the operator: a setting is wrong or unknown
    ├── ModelError            weights missing, altered or of the wrong shape
    ├── StoreError            disk, key or tampering
    │   ├── TamperedError            what was signed, logged or sealed is not what it was
    │   │   ├── RollbackError        a log shows fewer entries than it has shown before
    │   │   └── ForkError            a log shows another history than it has shown before
    │   ├── UntrustedError           no key that is trusted vouches for it
    │   ├── StoreFullError           no room to keep more; reading and erasing still work
    │   ├── StoreUnavailableError    database or log cannot be written: nothing was done
    │   ├── RecordNotFoundError      absent, another tenant's or erased: all alike
    │   └── RecordConflictError      another version stands, or a key came with another request
    ├── InputError            the caller: a value outside what the function takes
    └── MissingExtraError     the installer: an optional part is not installed

A message says what was expected, what came and what to do.
It never carries a name, a path from the person's disk, or pixels.
A photo that can be read but is unfit to assess is an *answer*, never an error.
"""

from __future__ import annotations


class CutisError(Exception):
    """Root of everything Cutis raises on purpose; ``code`` is stable and machine-readable."""

    code = "cutis.error"


class PhotoError(CutisError):
    """The photo cannot be read; another one is needed."""

    code = "photo"


class UnreadablePhotoError(PhotoError):
    """The bytes are broken, truncated or no picture."""

    code = "photo.unreadable"


class UnsupportedPhotoError(PhotoError):
    """The bytes are a picture of a kind that is not read."""

    code = "photo.unsupported"


class PhotoTooLargeError(PhotoError):
    """The photo exceeds a limit of bytes, pixels, frames or scans."""

    code = "photo.too_large"


class DecodeLimitError(PhotoError):
    """Decoding needed more memory or time than a photo may take."""

    code = "photo.decode_limit"


class SettingsError(CutisError):
    """A setting is wrong or unknown; the operator must change it."""

    code = "settings"


class ModelError(CutisError):
    """Model weights are missing, altered or of the wrong shape."""

    code = "model"


class StoreError(CutisError):
    """The disk, a key or a record failed."""

    code = "store"


class TamperedError(StoreError):
    """What was signed, logged or sealed is not what it was; do not rely on it."""

    code = "store.tampered"


class StoreFullError(StoreError):
    """There is no room to keep more; reading and erasing still work."""

    code = "store.full"


class StoreUnavailableError(StoreError):
    """The database or the log cannot be written now; nothing was done."""

    code = "store.unavailable"


class RecordNotFoundError(StoreError):
    """No such record for this tenant: absent, another tenant's and erased ones are all alike."""

    code = "store.not_found"


class RecordConflictError(StoreError):
    """Another version stands, or an idempotency key came with another request."""

    code = "store.conflict"


class RollbackError(TamperedError):
    """A log shows fewer entries than it has shown before."""

    code = "store.tampered.rollback"


class ForkError(TamperedError):
    """A log shows another history than it has shown before."""

    code = "store.tampered.fork"


class UntrustedError(StoreError):
    """No key that is trusted vouches for it."""

    code = "store.untrusted"


class InputError(CutisError, ValueError):
    """A function was given a value outside what it takes."""

    code = "input"


class MissingExtraError(CutisError, ImportError):
    """An optional part is not installed."""

    code = "missing_extra"

    def __init__(self, feature: str, extra: str, *, message: str | None = None) -> None:
        """Say what needs the extra and how to install it; ``message`` where pip alone won't do."""
        super().__init__(
            message
            or f"{feature} needs an optional part that is not installed. "
            f'Install it with: pip install "cutis[{extra}]"'
        )
        self.feature = feature
        self.extra = extra
