"""Balance: even where it can be, bounded where faces are few, the same whatever is made first."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from cutis.core.vocabulary import ItaGroup
from cutis.datasets.bank import FaceFacts
from cutis.imaging.colour import ita_to_group
from cutis.synth.balance import (
    AXES,
    choose_faces,
    count_balance,
    count_persons,
    face_weights,
    format_balance,
    wanted_severity,
)

ITA_DEG = {"very_light": 60, "light": 50, "intermediate": 35, "tan": 20, "brown": 0, "dark": -50}


def faces(**counts: int) -> list[FaceFacts]:
    found = []
    for tone, count in counts.items():
        for i in range(count):
            light = ("frontal", "frontal", "subject_left")[i % 3]
            age = ("unknown", "unknown", "old", "young", "unknown", "young")[i % 6]
            found.append(FaceFacts(f"{tone}{i}", tone, tone, ITA_DEG[tone], light, age, "", 0.3))
    return found


def drawn(facts: list[FaceFacts], count: int = 6000) -> list[FaceFacts]:
    choice = choose_faces(facts, seed=3)
    return [facts[choice.at(index)] for index in range(count)]


def test_rare_tones_come_as_often_as_common_ones():
    facts = faces(light=300, tan=60, dark=60)
    tones = Counter(ita_to_group(face.ita_deg) for face in drawn(facts))
    assert set(tones) == {ItaGroup.LIGHT, ItaGroup.TAN, ItaGroup.DARK}
    assert all(abs(count / 6000 - 1 / 3) < 0.03 for count in tones.values())


def test_lights_and_known_ages_are_even_and_the_unknown_stays():
    picked = drawn(faces(light=120, dark=120))
    lights = Counter(face.light for face in picked)
    assert abs(lights["frontal"] - lights["subject_left"]) < 0.1 * len(picked)
    ages = Counter(face.age for face in picked)
    assert abs(ages["old"] - ages["young"]) < 0.1 * (ages["old"] + ages["young"])
    assert ages["unknown"] > 0.3 * len(picked)


def test_a_single_rare_face_is_not_drawn_over_and_over():
    facts = faces(light=400, dark=1)
    weights = face_weights(facts, most=8.0)
    assert weights.sum() == pytest.approx(1)
    assert weights[-1] <= 8.0 / len(facts) * 1.1
    assert weights[-1] > 4 * np.median(weights)


def test_a_draw_depends_on_seed_index_and_attempt_only():
    facts = faces(light=50, dark=50)
    one, other = choose_faces(facts, seed=1), choose_faces(facts, seed=2)
    forwards = [one.at(i) for i in range(40)]
    assert forwards == [one.at(i) for i in reversed(range(40))][::-1]
    assert forwards != [other.at(i) for i in range(40)]
    assert forwards != [one.at(i, attempt=1) for i in range(40)]


def test_items_in_a_row_share_a_face_where_asked():
    choice = choose_faces(faces(light=50, dark=50), seed=1, crops_per_face=4)
    picked = [choice.at(i) for i in range(32)]
    assert all(len(set(picked[i : i + 4])) == 1 for i in range(0, 32, 4))
    assert len(set(picked)) > 4


def test_each_severity_comes_once_in_every_turn():
    names = ("none", "mild", "moderate", "severe")
    turns = [[wanted_severity(names, seed=5, index=i) for i in range(k, k + 4)] for k in (0, 4, 8)]
    assert all(sorted(turn) == sorted(names) for turn in turns)
    assert len({tuple(turn) for turn in turns}) > 1


def record(tone: str, split: str, person: str = "a") -> dict[str, str]:
    return {
        "tone": tone,
        "light": "frontal",
        "age": "old",
        "severity": "mild",
        "split": split,
        "person": person,
    }


def test_the_table_counts_every_axis_and_shows_what_is_missing():
    records = [record("dark", "train"), record("dark", "val", "b"), record("tan", "train")]
    counts = count_balance(records)
    assert counts["tone"]["dark"] == {"train": 1, "val": 1}
    assert counts["tone"]["light"] == {"train": 0, "val": 0}
    assert list(counts) == list(AXES)
    assert count_persons(records) == {"train": 1, "val": 1}
    table = format_balance(counts).splitlines()
    assert any(line.split() == ["tone", "dark", "1", "1", "66.7%"] for line in table)
    assert any(line.split() == ["severity", "mild", "2", "1", "100.0%"] for line in table)


def test_an_empty_set_has_a_table_of_noughts():
    assert "0.0%" in format_balance(count_balance([]))


def test_sharp_faces_come_more_often_and_tones_stay_even():
    sharp_ones = np.random.default_rng(0).random(1200) < 0.25
    facts = [
        replace(face, mm_per_px=0.25 if sharp_one else 0.75)
        for face, sharp_one in zip(faces(light=800, dark=400), sharp_ones, strict=True)
    ]
    picked = drawn(facts)
    sharp = sum(face.mm_per_px < 0.5 for face in picked) / len(picked)
    assert sharp == pytest.approx(0.75, abs=0.05)  # a quarter of the faces, nine times as often
    tones = Counter(ita_to_group(face.ita_deg) for face in picked)
    assert abs(tones[ItaGroup.LIGHT] - tones[ItaGroup.DARK]) < 0.05 * len(picked)
