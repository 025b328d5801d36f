"""The graph of nodes that a ComfyUI server runs: our own file, filled by name, checked beforehand.

The file is in the API format: ``{id: {"class_type": …, "inputs": {…}}}``, an input being a value
or ``[id, output]``. A value written ``${name}`` is filled in; numbers stay numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from cutis.core.errors import InputError, ModelError

Graph = dict[str, Any]
Value = str | int | float

FILE = "inpaint_sd15_ipadapter.json"
OUTPUT_NODE = "SaveImage"


@dataclass(frozen=True, slots=True)
class Workflow:
    """A graph with places to fill; ``sha256`` is that of its canonical JSON."""

    template: Graph
    sha256: str

    @property
    def names(self) -> frozenset[str]:
        """The names to be filled."""
        values = [v for node in self.template.values() for v in node["inputs"].values()]
        return frozenset(v[2:-1] for v in values if _is_place(v))


def load_workflow() -> Workflow:
    """Read the workflow that comes with Cutis."""
    text = resources.files("cutis.synth").joinpath("data", FILE).read_text(encoding="utf-8")
    template = json.loads(text)
    canonical = json.dumps(template, sort_keys=True, separators=(",", ":"))
    return Workflow(template, hashlib.sha256(canonical.encode()).hexdigest())


def fill(workflow: Workflow, values: Mapping[str, Value]) -> Graph:
    """Return the graph with every place filled.

    Raises:
        InputError: a name has no value, or a value no place.
    """
    if differing := workflow.names ^ values.keys():
        raise InputError(f"The workflow and its values differ in: {', '.join(sorted(differing))}.")
    return {
        key: node
        | {"inputs": {k: values[v[2:-1]] if _is_place(v) else v for k, v in node["inputs"].items()}}
        for key, node in workflow.template.items()
    }


def require_parts(graph: Graph, known: Mapping[str, Any]) -> None:
    """Check that the server has every node, model file and choice that ``graph`` names.

    Args:
        graph: a filled graph.
        known: the server's answer to ``/object_info``.

    Raises:
        ModelError: something is missing; the message names all of it.
    """
    nodes = sorted({node["class_type"] for node in graph.values()} - known.keys())
    if nodes:
        raise ModelError(
            f"The ComfyUI server lacks these nodes: {', '.join(nodes)}. Those that begin with "
            "IPAdapter come with the extension ComfyUI_IPAdapter_plus; install it, restart."
        )
    if lacks := [lack for node in graph.values() for lack in _lacks(node, known)]:
        raise ModelError(
            f"The ComfyUI server lacks: {'; '.join(lacks)}. Put the model files into its models "
            "folder (docs: how to inpaint defects), or name the checkpoint with --checkpoint."
        )


def _lacks(node: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    """Return what the server does not offer of the choices that ``node`` names."""
    takes = known[node["class_type"]]["input"]
    accepted = {**takes.get("required", {}), **takes.get("optional", {})}
    unset = takes.get("required", {}).keys() - node["inputs"].keys()
    lacks = [f"{node['class_type']} wants {name}" for name in sorted(unset)]
    for name, value in node["inputs"].items():
        choices = _choices(accepted.get(name))
        if choices is not None and not isinstance(value, list) and value not in choices:
            lacks.append(f"{value} ({node['class_type']} has {_some(choices)})")
    return lacks


def _choices(accepted: Any) -> list[Any] | None:
    """Return what an input may be, as both old and new servers write it; None where it is free."""
    if not isinstance(accepted, list) or not accepted:
        return None
    options = accepted[1] if len(accepted) > 1 and isinstance(accepted[1], dict) else {}
    if options.get("image_upload"):
        return None  # a picture that is uploaded later
    found = accepted[0] if isinstance(accepted[0], list) else options.get("options")
    return found if isinstance(found, list) else None


def _some(choices: list[Any]) -> str:
    shown = [str(choice) for choice in choices[:5]]
    return ", ".join(shown) + (" …" if len(choices) > 5 else "") if shown else "none"


def _is_place(value: object) -> bool:
    return isinstance(value, str) and value.startswith("${") and value.endswith("}")
