"""The HTML report: self-contained, locked down, and built so that everyone can use it."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest

from cutis.core.assessment import Examination
from cutis.core.scores import NotMeasured, NotMeasuredCode
from cutis.core.vocabulary import Condition
from cutis.reports.html import to_html
from cutis.testing import sample_examination

Element = tuple[str, dict[str, str]]
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}'
REFUSED = pytest.mark.parametrize("refused", [False, True])


class Page(HTMLParser):
    """The elements of a page in order, its text, and the nesting of its tags."""

    VOID = frozenset({"meta", "img", "input", "link", "br", "hr"})

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source, self.elements, self.text = source, list[Element](), list[str]()
        self.open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attrs for tag, attrs in self.elements if tag in tags]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())

    @property
    def style(self) -> str:
        return self.source.split("<style>")[1].split("</style>")[0]


@pytest.fixture(scope="module")
def pages() -> dict[bool, Page]:
    return {
        refused: Page(to_html(sample_examination(refused=refused))) for refused in (False, True)
    }


@REFUSED
def test_every_tag_is_closed_where_it_was_opened(pages: dict[bool, Page], *, refused: bool):
    assert pages[refused].open == []


@REFUSED
def test_nothing_is_asked_from_anywhere(pages: dict[bool, Page], *, refused: bool):
    page = pages[refused]
    for tag, attrs in page.elements:
        for name in ("src", "srcset", "href", "action", "poster", "data", "xlink:href"):
            assert attrs.get(name, "#").startswith(("#", "data:image/")), (tag, name)
    for target in re.findall(r"url\(([^)]*)\)", page.style):
        assert target.strip("\"'").startswith("data:image/"), target[:40]
    assert "@import" not in page.style
    assert not re.search(r"(src|href|url\()\W{0,2}(https?:)?//", page.source)


@REFUSED
def test_nothing_runs(pages: dict[bool, Page], *, refused: bool):
    page = pages[refused]
    assert not page.all("script", "iframe", "object", "embed", "form", "link", "base")
    names = {name for _, attrs in page.elements for name in attrs}
    assert not {name for name in names if name.startswith("on")}
    assert "style" not in names


@REFUSED
def test_the_policy_allows_this_style_sheet_and_nothing_else(
    pages: dict[bool, Page], *, refused: bool
):
    page = pages[refused]
    (policy,) = [m["content"] for m in page.all("meta") if "Security" in m.get("http-equiv", "")]
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


@REFUSED
def test_the_page_has_its_language_title_and_landmarks(pages: dict[bool, Page], *, refused: bool):
    page = pages[refused]
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("main")) == len(page.all("h1")) == len(page.all("title")) == 1
    assert len(page.all("header")) == len(page.all("footer")) == 1
    assert page.all("a")[0]["href"] == "#main"


@REFUSED
def test_headings_go_down_one_step_at_a_time(pages: dict[bool, Page], *, refused: bool):
    levels = [int(tag[1]) for tag, _ in pages[refused].elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@REFUSED
def test_ids_are_single_and_references_hold(pages: dict[bool, Page], *, refused: bool):
    page = pages[refused]
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in page.elements:
        for name in ("aria-labelledby", "for"):
            if name in attrs:
                assert attrs[name] in ids
        if attrs.get("href", "").startswith("#"):
            assert attrs["href"][1:] in ids


@REFUSED
def test_every_picture_has_words(pages: dict[bool, Page], *, refused: bool):
    page = pages[refused]
    for attrs in page.all("img"):
        assert attrs["alt"].strip()
        assert attrs["width"]
        assert attrs["height"]
    for attrs in page.all("svg"):
        assert attrs.get("aria-hidden") == "true" or attrs.get("aria-label", "").strip()
    assert any(a.get("role") == "img" and a.get("aria-label") for a in page.all("div"))


@REFUSED
def test_tables_have_captions_and_scoped_headings(pages: dict[bool, Page], *, refused: bool):
    page = pages[refused]
    assert len(page.all("table")) == len(page.all("caption")) > 0
    assert all(attrs.get("scope") in {"col", "row"} for attrs in page.all("th"))
    scrollers = [a for a in page.all("div") if a.get("class", "").startswith("scroll")]
    assert len(scrollers) == len(page.all("table"))
    assert all(a["tabindex"] == "0" and a["role"] == "region" for a in scrollers)


def test_each_measured_condition_can_be_shown_without_a_script(pages: dict[bool, Page]):
    page, measured = pages[False], sample_examination().maps
    radios = [a for a in page.all("input") if a["type"] == "radio"]
    assert [a["id"] for a in radios] == ["layer-photo", *(f"layer-{c.value}" for c in measured)]
    assert {a["name"] for a in radios} == {"layer"}
    assert [a["id"] for a in radios if "checked" in a] == ["layer-photo"]
    labelled = {a["for"] for a in page.all("label")}
    assert labelled == {a["id"] for a in radios}
    assert len(page.all("fieldset")) == len(page.all("legend")) == 1
    for condition in measured:
        key = condition.value
        assert f"#layer-{key}:checked ~ .stage .layer-{key}" in page.style
        assert any(f"layer-{key}" in a.get("class", "").split() for a in page.all("img"))


def test_the_print_lays_every_overlay_side_by_side(pages: dict[bool, Page]):
    laid = [a for a in pages[False].all("img") if a.get("class") == "laid"]
    assert len(laid) == len(sample_examination().maps)
    printed = pages[False].style.split("@media print")[1]
    assert ".sheet { display: block;" in printed


def test_scores_are_told_with_interval_and_raw_value(pages: dict[bool, Page]):
    words = pages[False].words
    assert "Redness noticeable 52 of 100 between 45 and 60" in words
    assert "erythema index above own skin: 7.4" in words
    assert "0 is none, 100 is the strongest on the scale" in words


def test_what_was_not_measured_is_told_with_its_reason(pages: dict[bool, Page]):
    assert "Dryness not measured Flakes are finer than what this photo shows" in pages[False].words
    missing = [a for a in pages[False].all("li") if "missing" in a.get("class", "")]
    assert len(missing) == 2


def test_a_refused_photo_says_first_why_and_how(pages: dict[bool, Page]):
    words = pages[True].words
    assert words.index("cannot be measured yet") < words.index("Hold the phone still")
    assert words.index("Hold the phone still") < words.index("How good the photo is")
    assert " of 100" not in words


@REFUSED
def test_the_disclaimer_is_there(pages: dict[bool, Page], *, refused: bool):
    assert "decision aid, not a diagnosis" in pages[refused].words


def hostile() -> Examination:
    """Return a sample in which every free text is an attack."""
    sample = sample_examination()
    assessment = sample.assessment
    scores = dict(assessment.scores) | {
        Condition.ACNE: NotMeasured(NotMeasuredCode.NO_METHOD, HOSTILE)
    }
    capture = dataclasses.replace(
        assessment.capture, warnings=(HOSTILE,), colour_profile=HOSTILE, source_format=HOSTILE
    )
    explanations = (
        dataclasses.replace(assessment.explanations[0], summary=HOSTILE, method=HOSTILE),
    )
    changed = dataclasses.replace(
        assessment, scores=scores, capture=capture, explanations=explanations, disclaimer=HOSTILE
    )
    return dataclasses.replace(sample, assessment=changed)


def test_hostile_text_stays_text():
    page = Page(to_html(hostile()))
    assert not page.all("script")
    assert {name for _, attrs in page.elements for name in attrs} & {"onerror", "style"} == set()
    assert page.words.count("{{ 7 * 7 }}") >= 6
    assert "<script>alert" not in page.source


@pytest.mark.parametrize("mode", ["light", "dark", "print", "dark|print"])
def test_text_stands_out_from_its_ground(pages: dict[bool, Page], mode: str):
    """Every pair of text and ground that the style sheet uses has a contrast of 4.5 or more."""
    colours = variables(pages[False].style, mode)
    grounds = ("paper", "card", "soft", "s0", "s1", "s2", "s3", "s4")
    pairs = [("ink", ground) for ground in grounds]
    pairs += [("muted", "paper"), ("muted", "card"), ("accent", "paper"), ("accent", "card")]
    pairs += [("accent", "soft"), ("card", "accent"), ("stop", "stop-soft")]
    for text, ground in pairs:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast(colours["fill"], colours["card"]) >= 3
    assert contrast(colours["ink"], colours["fill"]) >= 3


def variables(style: str, mode: str) -> dict[str, str]:
    """Return the colours of the style sheet as they are in ``mode``."""
    blocks = re.findall(r"(@media [^{]*\{\s*)?:root \{([^}]*)\}", style)
    found: dict[str, str] = {}
    for media, block in blocks:
        if not media or re.search(mode, media):
            found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    return found


def contrast(a: str, b: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2)."""
    light = sorted((_luminance(a), _luminance(b)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_same_examination_gives_the_same_page():
    assert to_html(sample_examination()) == to_html(sample_examination())


def test_the_report_of_the_sample_stays_small():
    assert len(to_html(sample_examination())) < 600_000
