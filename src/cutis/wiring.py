"""Settings into a working house: the only place where adapters meet ports."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from cutis.core.assessment import Assessment, Examination
from cutis.core.capture import Photo
from cutis.core.vocabulary import Condition, Strictness

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cutis.core.attribution import AttributionMethod
    from cutis.core.concerns import StatedConcern
    from cutis.core.enhancement import AuditRow
    from cutis.core.facts import Answer
    from cutis.core.ports import Attributor, ConditionSegmenter
    from cutis.core.scores import NotMeasured, Score
    from cutis.models.descriptor import Descriptor
    from cutis.models.runtime import Runtime, RuntimeOptions
    from cutis.models.sentence_encoder import SentenceEncoder
    from cutis.models.upscaler import NetworkUpscaler
    from cutis.pipeline import Enlarging, Limits, Tools
    from cutis.settings import Settings
    from cutis.steps.narrate import Catalogue
    from cutis.steps.originality import Originality

_SMALL_FACE_PX, _TINY_FACE_PX = 32.0, 22.5
"""Between the eyes. Faces of 60 pixels (25 between the eyes) are found better when they are drawn
larger; on those of 90 (38 between the eyes) the skin is marked no better, and it costs seconds."""

Source = bytes | str | os.PathLike[str] | Photo
"""A photo: its bytes, its path, or one that was opened already."""


def build_tools(settings: Settings) -> Tools:
    """Load the models that the settings name and put them behind the ports.

    The decoder's process is started meanwhile, so that the first photo need not wait for it.

    Raises:
        ModelError: a model file is missing, altered or cannot be compiled.
    """
    with ThreadPoolExecutor(max_workers=1) as background:
        from cutis.steps.intake import warm_decoder  # noqa: PLC0415

        warm = background.submit(warm_decoder)
        tools = _tools(settings)
        warm.result()
    return tools


def _tools(settings: Settings) -> Tools:
    from cutis import __version__  # noqa: PLC0415
    from cutis.models.builtin import builtin_models  # noqa: PLC0415
    from cutis.models.cache import locate, models_dir  # noqa: PLC0415
    from cutis.models.face_landmarker import FaceLandmarkerBundle  # noqa: PLC0415
    from cutis.models.graders import shipped_graders  # noqa: PLC0415
    from cutis.models.learned import (  # noqa: PLC0415
        condition_segmenters,
        lesion_classifier,
        skin_segmenter,
    )
    from cutis.models.runtime import Runtime  # noqa: PLC0415
    from cutis.pipeline import Tools  # noqa: PLC0415
    from cutis.steps.conditions import ClassicalConditionSegmenter  # noqa: PLC0415
    from cutis.steps.landmarks import full_mirror_order  # noqa: PLC0415
    from cutis.steps.skin import ColourSkinSegmenter  # noqa: PLC0415

    name, folder, known = "face_landmarker", settings.models.dir, builtin_models()
    runtime = Runtime(settings.runtime, kept=(folder or models_dir()) / "compiled")
    learned = known if settings.models.learned else ()
    bundle = FaceLandmarkerBundle(locate(name, folder), known.get(name).file.sha256, runtime)
    grading = shipped_graders(learned)
    classical = ClassicalConditionSegmenter(full_mirror_order(bundle.canonical))
    return Tools(
        landmarker=bundle,
        skin=skin_segmenter(learned, runtime, folder) or ColourSkinSegmenter(),
        conditions=(classical, *condition_segmenters(learned, runtime, folder)),
        lesions=lesion_classifier(learned, runtime, folder),
        graders=grading.graders,
        grader_use=grading.use,
        software_version=__version__,
        strictness=settings.quality.strictness,
        limits=_limits(settings, learned),
        enlarging=_enlarging(settings, known, runtime),
    )


def _enlarging(
    settings: Settings, known: Iterable[Descriptor], runtime: Runtime
) -> Enlarging | None:
    """Return what enlarges small faces, if it is wanted and its weights are here.

    It is loaded when the first small face comes, and invents nothing: its dial is at fidelity.
    """
    from cutis.models.cache import is_here  # noqa: PLC0415
    from cutis.models.upscaler import FIDELITY, upscaler  # noqa: PLC0415
    from cutis.pipeline import Enlarging  # noqa: PLC0415

    folder = settings.models.dir
    models = [model for model in known if model.name == FIDELITY and is_here(model, folder)]
    if settings.models.enhancement == "off" or not models:
        return None
    return Enlarging(cache(lambda: upscaler(models, runtime, directory=folder)), _audit_scores)


def _audit_scores(
    original: Mapping[Condition, Score | NotMeasured],
    enhanced: Mapping[Condition, Score | NotMeasured],
    *,
    texture: float,
    mm_per_px: float,
) -> tuple[AuditRow, ...]:
    """Run the audit, which is imported with the first small face."""
    from cutis.evaluation.enhancement_audit import audit_scores  # noqa: PLC0415

    return audit_scores(original, enhanced, texture=texture, mm_per_px=mm_per_px)


def build_upscaler(settings: Settings, *, fidelity: float = 1.0) -> NetworkUpscaler:
    """Load the generator that enlarges faces; see `cutis.models.upscaler.upscaler`.

    Raises:
        InputError: the dial is not within 0-1.
        ModelError: its weights are not here, or altered.
    """
    from cutis.models.builtin import builtin_models  # noqa: PLC0415
    from cutis.models.cache import models_dir  # noqa: PLC0415
    from cutis.models.runtime import Runtime  # noqa: PLC0415
    from cutis.models.upscaler import upscaler  # noqa: PLC0415

    folder = settings.models.dir
    runtime = Runtime(settings.runtime, kept=(folder or models_dir()) / "compiled")
    return upscaler(builtin_models(), runtime, fidelity=fidelity, directory=folder)


def _limits(settings: Settings, learned: Iterable[Descriptor]) -> Limits:
    """Return the limits of all steps: those of the settings, and those on the learned cards."""
    from cutis.pipeline import Limits  # noqa: PLC0415
    from cutis.steps.lesions import TypingLimits  # noqa: PLC0415
    from cutis.steps.scoring import PresenceFit, ScoringLimits  # noqa: PLC0415
    from cutis.steps.upscale import UpscaleLimits  # noqa: PLC0415

    fits = {
        Condition(c.condition): PresenceFit(c.present_slope, c.present_offset)
        for model in learned
        for c in model.conditions
        if c.present_slope is not None and c.present_offset is not None
    }
    crops = [model.lesions for model in learned if model.lesions is not None]
    return Limits(
        quality=settings.quality.limits,
        scoring=ScoringLimits(presence=fits),
        typing=TypingLimits(
            crops[-1].other_at_most, names_only=frozenset(map(Condition, crops[-1].names_only))
        )
        if crops
        else TypingLimits(),
        upscale=UpscaleLimits(enough_px=_SMALL_FACE_PX, tiny_px=_TINY_FACE_PX),
    )


@lru_cache(maxsize=2)
def _kept_tools(settings: Settings) -> Tools:
    return build_tools(settings)


def examine(
    source: Source,
    *,
    settings: Settings | None = None,
    strictness: Strictness | None = None,
) -> Examination:
    """Assess a photo and keep the pictures that the assessment was made of.

    Args:
        source: bytes, a path, or a `Photo`.
        settings: those of the file and the environment by default.
        strictness: how strictly the capture is judged, instead of the settings' own.

    Returns:
        The assessment with the photo, the face crop, the skin mask and the condition maps.

    Raises:
        PhotoError: the photo cannot be read.
        ModelError: the models are not there; run ``cutis models pull``.
    """
    from cutis.pipeline import examine as examine_photo  # noqa: PLC0415
    from cutis.settings import load_settings  # noqa: PLC0415
    from cutis.steps.intake import open_photo  # noqa: PLC0415

    settings = settings or load_settings()
    with ThreadPoolExecutor(max_workers=1) as loading:  # the models, while the photo is decoded
        waiting = loading.submit(_kept_tools, settings)
        photo = source if isinstance(source, Photo) else open_photo(source, settings.intake)
    tools = waiting.result()
    if strictness is not None:
        tools = replace(tools, strictness=strictness)
    return examine_photo(photo, tools, assessed_at=datetime.now(UTC).isoformat(timespec="seconds"))


def attributor(
    method: AttributionMethod, condition: Condition, *, settings: Settings | None = None
) -> Attributor:
    """Return what explains the maps of a condition, by ``method``.

    Raises:
        InputError: a method of gradients was asked for, and no network makes this map.
        MissingExtraError: the extra ``explain`` is not installed.
    """
    from cutis.core.attribution import AttributionMethod  # noqa: PLC0415
    from cutis.models.attribution import OcclusionAttributor  # noqa: PLC0415
    from cutis.models.lime import LimeAttributor  # noqa: PLC0415
    from cutis.settings import load_settings  # noqa: PLC0415

    settings = settings or load_settings()
    known = _kept_tools(settings).conditions
    segmenter = next(s for s in reversed(known) if condition in s.conditions)
    if method is AttributionMethod.OCCLUSION:
        return OcclusionAttributor(segmenter)
    if method is AttributionMethod.LIME:
        return LimeAttributor(segmenter)
    return _by_gradients(method, segmenter, settings)


def _by_gradients(
    method: AttributionMethod, segmenter: ConditionSegmenter, settings: Settings
) -> Attributor:
    from cutis.core.errors import InputError, MissingExtraError  # noqa: PLC0415
    from cutis.models.builtin import builtin_models  # noqa: PLC0415
    from cutis.models.cache import read_files  # noqa: PLC0415
    from cutis.models.condition_network import LearnedConditionSegmenter  # noqa: PLC0415
    from cutis.models.runtime import NetworkFiles  # noqa: PLC0415

    if not isinstance(segmenter, LearnedConditionSegmenter):
        raise InputError(
            f"{method.value} needs a network; this condition's map is a classical measure, which "
            "has no gradients. Use occlusion or lime."
        )
    try:
        from cutis.training.attribution import GradientAttributor  # noqa: PLC0415
        from cutis.training.exported_network import ExportedNetwork  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("Grad-CAM and integrated gradients", "explain") from error
    model = builtin_models().get(segmenter.uses()[0].name)
    network = ExportedNetwork(NetworkFiles(*read_files(model, settings.models.dir)))
    return GradientAttributor(segmenter, network, method)


def assess(
    source: Source,
    *,
    settings: Settings | None = None,
    strictness: Strictness | None = None,
) -> Assessment:
    """Assess a photo: the plain answer, without pictures; see `examine`."""
    return examine(source, settings=settings, strictness=strictness).assessment


def answer_question(
    question: str, assessment: Assessment, words: Catalogue, *, settings: Settings | None = None
) -> Answer:
    """Answer a question from an assessment and from what Cutis says of itself, with sources.

    Args:
        question: what is asked, in the language of ``words``.
        assessment: what is known of one photo.
        words: the language, from `cutis.steps.narrate.read_catalogue`.
        settings: those of the file and the environment by default; they may name a language model
            that words the answer, and the key is read from the environment.

    Raises:
        SettingsError: the settings name a model at an address that is not allowed.
    """
    from cutis.assistant.ask import ask  # noqa: PLC0415
    from cutis.assistant.endpoint import API_KEY_VARIABLE, open_endpoint  # noqa: PLC0415
    from cutis.core.language import Language  # noqa: PLC0415
    from cutis.models.sentence_files import is_installed  # noqa: PLC0415
    from cutis.settings import load_settings  # noqa: PLC0415

    settings = settings or load_settings()
    endpoint = open_endpoint(settings.assistant, os.environ.get(API_KEY_VARIABLE, ""))
    english = words.language is Language.ENGLISH
    embedder = _kept_encoder(settings.runtime) if english and is_installed() else None
    return ask(question, assessment, words, embedder=embedder, endpoint=endpoint)


def read_concern(text: str, *, settings: Settings | None = None) -> StatedConcern:
    """Read a stated concern in English: how probable each one is, and which words decided.

    Raises:
        MissingExtraError: the extra ``words`` is not installed.
        InputError: the text is empty or too long.
    """
    from cutis.settings import load_settings  # noqa: PLC0415
    from cutis.steps.concerns import classify_concern  # noqa: PLC0415

    return classify_concern(text, _kept_encoder((settings or load_settings()).runtime))


def check_text(text: str, known: Mapping[str, str] | None = None) -> Originality:
    """Tell how much of a text stands in Cutis's own texts or in ``known`` texts by name."""
    from cutis.assistant.knowledge import known_texts  # noqa: PLC0415
    from cutis.steps.originality import check_originality  # noqa: PLC0415

    return check_originality(text, {**known_texts(), **(known or {})})


@lru_cache(maxsize=1)
def _kept_encoder(options: RuntimeOptions) -> SentenceEncoder:
    from cutis.models.runtime import Runtime  # noqa: PLC0415
    from cutis.models.sentence_encoder import SentenceEncoder  # noqa: PLC0415

    return SentenceEncoder(Runtime(options))
