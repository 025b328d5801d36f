"""An inpainted item and its set as data, in the form that the renderer's have."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

import numpy as np

from cutis.core.arrays import RGB
from cutis.core.vocabulary import ItaGroup
from cutis.datasets.bank import FaceFacts, bank_sha256
from cutis.datasets.on_disk import StoredItem
from cutis.datasets.pack import encode_labels, encode_picture
from cutis.datasets.splits import split_of
from cutis.imaging.colour import ita_to_group
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.comfyui.composite import change_inside, keep_inside, uncertain_ring
from cutis.synth.comfyui.jobs import SIZE_PX, Job
from cutis.synth.comfyui.plan import Plan
from cutis.synth.parameters import Style
from cutis.synth.quality import perceptual_hash

BACKEND = "comfyui"


def describe(plan: Plan, facts: tuple[FaceFacts, ...], server_version: str) -> dict[str, Any]:
    """Return the manifest of a set that is begun."""
    shown = [r.sha256 for c in sorted(plan.references) for r in plan.references[c]]
    return {
        "complete": False,
        "backend": BACKEND,
        "asked_for": plan.count,
        "seed": plan.seed,
        "style": Style.PATCHES.value,
        "size_px": SIZE_PX,
        "software_version": plan.software_version,
        "server_version": server_version,
        "models": asdict(plan.models),
        "references_sha256": hashlib.sha256("\n".join(shown).encode()).hexdigest(),
        "prompts_sha256": plan.prompts.sha256,
        "workflow_sha256": plan.workflow.sha256,
        "targets": [target.value for target in TARGETS],
        "faces": {"count": len(facts), "sha256": bank_sha256(facts)},
        "split_rule": "by person, never by photo: hash of the person with the seed, 80/20",
    }


def stored_item(job: Job, painted: RGB, fact: FaceFacts, *, seed: int) -> StoredItem:
    """Return the item that ``painted`` (side ``SIZE_PX``) makes of ``job``, encoded."""
    image = keep_inside(job.clean, painted, job.area)
    bit = np.uint8(job.label_bit)
    pictures = {
        "image": encode_picture(image),
        "labels": encode_labels(job.area.astype(np.uint8) * bit),
        "ignore": encode_labels(uncertain_ring(job.area).astype(np.uint8) * bit),
        "clean": encode_picture(job.clean),
    }
    seen = {
        "mean_change": round(change_inside(job.clean, image, job.area), 3),
        "phash": f"{perceptual_hash(image):016x}",
    }
    return StoredItem(_record(job, fact, seed) | seen, pictures)


def _record(job: Job, fact: FaceFacts, seed: int) -> dict[str, Any]:
    tone = ita_to_group(fact.ita_deg)
    return {
        "item": job.index,
        "attempt": 0,
        "rejects": {},
        "backend": BACKEND,
        "face": fact.file,
        "source": fact.source,
        "person": fact.person,
        "split": split_of(fact.person, seed=seed),
        "tone": tone.value,
        "tone_index": list(ItaGroup).index(tone),
        "ita_deg": round(fact.ita_deg, 3),
        "light": fact.light,
        "age": fact.age,
        "severity": job.recipe.severity,
        "seed": job.sampler_seed,
        "mm_per_px": job.mm_per_px,
        "baseline": [float(value) for value in job.face.baseline],
        "lesions": [],
        "parameters": job.to_dict(),
    }
