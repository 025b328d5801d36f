"""One plain sentence per measure: what is well, and otherwise what to change."""

from __future__ import annotations

from cutis.core.vocabulary import MeasureName, Verdict

FIXES: dict[MeasureName, str] = {
    MeasureName.SHARPNESS: "The photo is soft. Hold still, clean the lens and tap on the face to focus.",
    MeasureName.NOISE: "The photo is grainy. Take it in more light.",
    MeasureName.COMPRESSION: "The photo is strongly compressed. Send the original file, not a forwarded one.",
    MeasureName.UNDER_EXPOSURE: "The face is too dark. Turn towards a window or switch on more light.",
    MeasureName.OVER_EXPOSURE: "Parts of the face are washed out. Step out of direct sun or turn off the flash.",
    MeasureName.DYNAMIC_RANGE: "The photo has little contrast. Avoid fog, dirt on the lens and light from behind.",
    MeasureName.ILLUMINATION_UNIFORMITY: "The light comes from one side. Face the light so that both cheeks are lit alike.",
    MeasureName.NATURAL_COLOUR: "The colours are not those of skin. Use daylight, no filter and no black and white.",
    MeasureName.INTER_EYE_DISTANCE: "The face is small in the photo. Move closer or use the rear camera.",
    MeasureName.POSE: "The head is turned. Look straight into the camera.",
    MeasureName.EXPRESSION_NEUTRALITY: "An expression folds the skin. Relax the face.",
    MeasureName.EYES_OPEN: "The eyes are closed. Keep them open.",
    MeasureName.MOUTH_CLOSED: "The mouth is open. Close it loosely.",
    MeasureName.FACE_OCCLUSION: "Something covers the face. Move hair, hands, glasses or a mask out of the way.",
    MeasureName.HEAD_COVERING: "Hair or a hat covers the forehead. Move it back if the forehead is to be measured.",
    MeasureName.FACE_MARGIN: "The face is cut off by the edge of the photo. Move back or centre it.",
    MeasureName.RETOUCHING: "The skin looks smoothed. Switch off beauty filters.",
    MeasureName.RECAPTURE: "This looks like a photo of a screen or print. Photograph the face itself.",
}

GOOD: dict[MeasureName, str] = {
    MeasureName.SHARPNESS: "The photo is sharp.",
    MeasureName.NOISE: "There is little noise.",
    MeasureName.COMPRESSION: "Compression has done little harm.",
    MeasureName.UNDER_EXPOSURE: "There is enough light.",
    MeasureName.OVER_EXPOSURE: "Little or nothing is washed out.",
    MeasureName.DYNAMIC_RANGE: "The contrast is good.",
    MeasureName.ILLUMINATION_UNIFORMITY: "Both sides of the face are lit alike.",
    MeasureName.NATURAL_COLOUR: "The colours are natural.",
    MeasureName.INTER_EYE_DISTANCE: "The face is large enough.",
    MeasureName.POSE: "The head is straight.",
    MeasureName.EXPRESSION_NEUTRALITY: "The face is relaxed.",
    MeasureName.EYES_OPEN: "The eyes are open.",
    MeasureName.MOUTH_CLOSED: "The mouth is closed.",
    MeasureName.FACE_OCCLUSION: "The face is free.",
    MeasureName.HEAD_COVERING: "The forehead is free.",
    MeasureName.FACE_MARGIN: "The whole face is in the photo.",
    MeasureName.RETOUCHING: "Skin texture is visible.",
    MeasureName.RECAPTURE: "No sign of a photographed screen.",
}

NO_LIVING_COLOUR = (
    "The photo has no colour of living skin, so no skin is measured. "
    "Send a colour photo of a person, without a filter."
)
NO_FACE = (
    "No face was found. Take the photo from the front, in good light, with the whole face in view."
)


def sentence_for(name: MeasureName, verdict: Verdict) -> str:
    """Return the sentence of a measure."""
    return GOOD[name] if verdict is Verdict.GOOD else FIXES[name]
