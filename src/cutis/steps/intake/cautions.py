"""What is said about a photo that is read, but not without a remark: one sentence per key."""

from __future__ import annotations

from enum import StrEnum


class Caution(StrEnum):
    """Something about a photo that its reader should know."""

    DAMAGED_DATA = "damaged_data"
    END_MISSING = "end_missing"
    PROFILE_BROKEN = "profile_broken"
    CMYK_ASSUMED = "cmyk_assumed"
    GAMMA_IGNORED = "gamma_ignored"
    HDR = "hdr"
    ALPHA = "alpha"
    FIRST_OF_MANY = "first_of_many"
    REDUCED = "reduced"
    DEVELOPED = "developed"
    BILEVEL = "bilevel"
    DEPTH_LOST = "depth_lost"
    BAD_ORIENTATION = "bad_orientation"


SENTENCES: dict[Caution, str] = {
    Caution.DAMAGED_DATA: "The picture data are damaged; parts of the photo may be wrong.",
    Caution.END_MISSING: "The end of the file is missing; the picture itself is complete.",
    Caution.PROFILE_BROKEN: "The colour profile is broken; sRGB was assumed.",
    Caution.CMYK_ASSUMED: "The photo is CMYK without a profile; its colours are approximate.",
    Caution.GAMMA_IGNORED: "The PNG states a gamma other than sRGB's; sRGB was assumed.",
    Caution.HDR: "The photo has a high dynamic range; it was read as standard range.",
    Caution.ALPHA: "Transparent parts were filled with white.",
    Caution.FIRST_OF_MANY: "The file holds several pictures; the first was read.",
    Caution.REDUCED: "The photo is very large and was decoded at a reduced size.",
    Caution.DEVELOPED: (
        "The camera RAW was developed with the camera's white balance and without brightening."
    ),
    Caution.BILEVEL: "The picture holds black and white only.",
    Caution.DEPTH_LOST: "The photo was read with 8 bits a channel; the file holds more.",
    Caution.BAD_ORIENTATION: "The orientation mark is invalid; the photo was taken as upright.",
}


def sentences(cautions: tuple[Caution, ...]) -> tuple[str, ...]:
    """Return the sentence of each caution, once each, in the order of the enum."""
    return tuple(SENTENCES[c] for c in Caution if c in cautions)
