"""What a run of inpainting is told to do: faces, references, models, prompts, workflow, seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cutis.core.vocabulary import Condition
from cutis.synth.comfyui.jobs import Reference
from cutis.synth.comfyui.prompts import Prompts, load_prompts
from cutis.synth.comfyui.workflow import Workflow, load_workflow


@dataclass(frozen=True, slots=True)
class Models:
    """File names of the models, as the server lists them."""

    checkpoint: str = "sd-v1-5-inpainting.ckpt"
    adapter: str = "ip-adapter-plus_sd15.safetensors"
    vision: str = "CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All that decides what is made; ``faces`` is a folder of prepared faces.

    ``software_version`` is noted in the manifest.
    """

    faces: Path
    references: Mapping[Condition, Sequence[Reference]]
    count: int
    seed: int
    models: Models = field(default_factory=Models)
    prompts: Prompts = field(default_factory=load_prompts)
    software_version: str = "unknown"
    workflow: Workflow = field(default_factory=load_workflow)
