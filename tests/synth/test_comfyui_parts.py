"""The pure parts of inpainting: messages, workflow, prompts, areas, compositing."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from cutis.core.errors import InputError, SettingsError
from cutis.synth.comfyui.areas import draw_area
from cutis.synth.comfyui.composite import inward_weight, keep_inside, uncertain_ring
from cutis.synth.comfyui.events import Failed, Finished, Preview, Waiting, Working, parse_event
from cutis.synth.comfyui.prompts import SEVERITIES, load_prompts, read_prompts
from cutis.synth.comfyui.workflow import fill, load_workflow, require_parts


def text(kind: str, **data: object) -> str:
    return json.dumps({"type": kind, "data": data})


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (text("status", status={"exec_info": {"queue_remaining": 3}}, sid="x"), Waiting(3)),
        (text("executing", node="4", prompt_id="p"), Working("p", "4")),
        (text("executing", node="4"), Working(None, "4")),  # after reconnecting
        (text("progress", node="4", prompt_id="p", value=2, max=30), Working("p", "4", 2, 30)),
        (text("executing", node=None, prompt_id="p"), Finished("p")),
        (text("execution_success", prompt_id="p", timestamp=1), Finished("p")),
        (
            text(
                "execution_error",
                prompt_id="p",
                node_type="KSampler",
                exception_type="torch.cuda.OutOfMemoryError",
                exception_message="CUDA out of memory.\nTried to allocate",
            ),
            Failed("p", "KSampler", "torch.cuda.OutOfMemoryError: CUDA out of memory.", True),
        ),
        (
            text("execution_interrupted", prompt_id="p", node_type="KSampler"),
            Failed("p", "KSampler", "it was interrupted"),
        ),
        (struct.pack(">II", 1, 2) + b"png", Preview(b"png")),
        (struct.pack(">II", 4, 2) + b"{}jpeg", Preview(b"jpeg")),
    ],
)
def test_messages_are_read(message: str | bytes, event: object):
    assert parse_event(message) == event


@pytest.mark.parametrize(
    "message",
    [
        text("execution_cached", nodes=[], prompt_id="p"),
        text("crystools.monitor", cpu=3),
        text("progress", value="?", max=1),
        text("executing"),
        text("status", status=None),
        '{"type": "status", "data": null}',
        "[]",
        "no json",
        b"",
        b"\x00\x00\x00\x01",
        struct.pack(">II", 3, 0) + b"text",
        struct.pack(">II", 4, 99) + b"cut",
    ],
)
def test_what_says_nothing_is_passed_over(message: str | bytes):
    assert parse_event(message) is None


def test_every_place_is_filled_and_numbers_stay_numbers():
    workflow = load_workflow()
    graph = fill(workflow, dict.fromkeys(workflow.names, "x") | {"seed": 7, "denoise": 0.5})
    assert graph["sampler"]["inputs"]["seed"] == 7
    assert graph["sampler"]["inputs"]["denoise"] == 0.5
    assert "${" not in json.dumps(graph)
    assert "${" in json.dumps(workflow.template)  # which is left as it is


def test_a_forgotten_or_unknown_value_is_refused():
    workflow = load_workflow()
    values = dict.fromkeys(workflow.names, "x")
    with pytest.raises(InputError, match="differ in: seed"):
        fill(workflow, {k: v for k, v in values.items() if k != "seed"})
    with pytest.raises(InputError, match="differ in: sed"):
        fill(workflow, values | {"sed": 1})


def test_every_link_of_the_workflow_leads_to_a_node():
    template = load_workflow().template
    links = [v for n in template.values() for v in n["inputs"].values() if isinstance(v, list)]
    assert links
    assert all(key in template and isinstance(output, int) for key, output in links)


def test_a_required_input_that_is_not_set_is_told():
    graph = {"a": {"class_type": "LoadImage", "inputs": {"image": "x"}}}
    known = {"LoadImage": {"input": {"required": {"image": [["y"]], "size": ["INT"]}}}}
    with pytest.raises(Exception, match=r"LoadImage wants size; x \(LoadImage has y\)"):
        require_parts(graph, known)


def test_every_condition_has_every_severity_and_strong_negatives():
    prompts = load_prompts()
    assert [str(c) for c in prompts.conditions] == [
        "acne",
        "redness",
        "pigmentation",
        "dryness",
        "texture",
        "scarring",
    ]
    for condition in prompts.conditions:
        recipes = [prompts.recipes[condition, severity] for severity in SEVERITIES]
        shares = [recipe.area_share for recipe in recipes]
        assert shares == sorted(shares)
        assert len({recipe.positive for recipe in recipes}) == len(SEVERITIES)
        for recipe in recipes:
            assert {"make-up", "blush"} <= set(recipe.negative.split(", "))


@pytest.mark.parametrize(
    ("old", "new"),
    [("[acne.mild]", "[acne.light]"), ("denoise = 0.65", "denoise = 1.65"), ("[acne]", "[pox]")],
)
def test_wrong_prompts_are_refused(old: str, new: str):
    from importlib import resources  # noqa: PLC0415 - here only

    data = resources.files("cutis.synth").joinpath("data", "prompts.toml")
    with pytest.raises(SettingsError):
        read_prompts(data.read_text(encoding="utf-8").replace(old, new))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_an_area_is_one_patch_on_skin_of_about_the_wanted_size(share: float):
    allowed = np.zeros((128, 128), bool)
    allowed[10:100, 20:120] = True
    allowed[40:50, 40:70] = False  # a mouth
    sizes = []
    for seed in range(12):
        area = draw_area(allowed, share, np.random.default_rng(seed))
        assert not (area & ~allowed).any()
        sizes.append(area.sum() / allowed.sum())
    assert 0.6 * share < np.median(sizes) < 1.4 * share


def test_areas_differ_and_repeat_with_their_seed():
    allowed = np.ones((64, 64), bool)
    one, again, other = (draw_area(allowed, 0.1, np.random.default_rng(s)) for s in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


@pytest.mark.parametrize("share", [0.0, 1.1])
def test_an_area_wants_skin_and_a_share(share: float):
    with pytest.raises(InputError):
        draw_area(np.ones((8, 8), bool), share, np.random.default_rng(0))
    with pytest.raises(InputError):
        draw_area(np.zeros((8, 8), bool), 0.5, np.random.default_rng(0))


def test_painted_skin_comes_in_from_the_outline():
    area = np.zeros((40, 40), bool)
    area[5:35, 5:35] = True
    clean = np.full((40, 40, 3), 200, np.uint8)
    painted = np.full((40, 40, 3), 50, np.uint8)
    mixed = keep_inside(clean, painted, area, 6.0)
    assert (mixed[~area] == 200).all()
    assert (mixed[12:28, 12:28] == 50).all()
    row = mixed[20, 5:13, 0].astype(int)
    assert (np.diff(row) <= 0).all()
    assert 50 < row[1] < 200


def test_the_ring_is_where_less_than_half_is_painted():
    area = np.zeros((40, 40), bool)
    area[5:35, 5:35] = True
    weight, ring = inward_weight(area, 6.0), uncertain_ring(area, 6.0)
    assert (ring == ((weight > 0) & (weight < 0.5))).all()
    assert not (ring & ~area).any()
    assert ring[5, 20]
    assert not ring[20, 20]
