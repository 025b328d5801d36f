"""``cutis plan``: text, JSON and chain from files, and kind errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_assessments import made
from typer.testing import CliRunner

from cutis.cli.app import app
from cutis.core.vocabulary import Condition
from cutis.reports.json import to_json
from cutis.testing import sample_assessment

DOCS = Path(__file__).resolve().parents[2] / "docs"
ADULT = """
age_years = 34
pregnancy = "no"
sensitive = false
allergies = []
medicines = []
diagnoses = []
signs = []
"""
Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``cutis plan`` in a folder that holds assessments and profiles."""
    monkeypatch.chdir(tmp_path)
    texts = {
        "a.json": to_json(made({Condition.ACNE: (20.0, 14.0, 24.0), Condition.DRYNESS: None})),
        "refused.json": to_json(sample_assessment(refused=True)),
        "adult.toml": ADULT,
        "mole.toml": ADULT.replace("signs = []", 'signs = ["changing_mole"]'),
        "typo.toml": 'medicine = ["isotretinoin"]',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return lambda *words: CliRunner().invoke(app, ["plan", *words])


def section(text: str, title: str) -> str:
    """Return one block of the text, its title left out."""
    blocks = [block for block in text.split("\n\n") if block.startswith(title + "\n")]
    assert len(blocks) == 1, title
    return blocks[0].removeprefix(title)


def test_a_plan_in_plain_words(run: Run):
    result = run("a.json", "--profile", "adult.toml")
    assert result.exit_code == 0, result.output
    assert "Benzoyl peroxide" in section(result.stdout, "Morning")
    assert "Retinoid" in section(result.stdout, "Evening")
    assert "Dryness" in section(result.stdout, "What this photo did not show")
    first = section(result.stdout, "What to look at first").splitlines()[1]
    assert "Acne, mild: 1.2 of 9 = severity 0.20 × texture risk 3" in first
    assert "no prescription" in result.stdout or "not a prescription" in result.stdout
    assert "Why: every rule" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 88


def test_why_prints_the_chain_and_its_sources(run: Run):
    result = run("a.json", "--profile", "adult.toml", "--why")
    chain = " ".join(section(result.stdout, "Why: every rule that fired, in order").split())
    assert "help.retinoid.acne.1: seen:acne=mild → suggest:retinoid=acne." in chain
    assert "trigger.acne.touching: seen:acne=mild → trigger:touching." in chain
    assert "habit.hands_off.touching: trigger:touching → habit:hands_off." in chain
    sources = section(result.stdout, "Sources").replace("\n  ", " ")
    assert "nice_acne: Acne vulgaris: management (NG198)." in sources
    assert "https://doi.org/10.1016/j.jaad.2023.12.017" in sources


def test_a_mole_refers_and_names_no_product(run: Run):
    result = run("a.json", "--profile", "mole.toml")
    assert "within two weeks" in section(result.stdout, "Clinician")
    routine = section(result.stdout, "Morning") + section(result.stdout, "Evening")
    assert "cleanser" in routine
    for word in ("Benzoyl", "Retinoid", "Azelaic", "Niacinamide"):
        assert word not in result.stdout


def test_where_help_is_needed_today_nothing_else_is_told(run: Run):
    Path("alone.toml").write_text('age_years = 34\nsigns = ["self_harm"]', encoding="utf-8")
    text = run("a.json", "--profile", "alone.toml").stdout
    assert "crisis line" in section(text, "Clinician")
    assert "not have to carry this alone" in section(text, "What else helps")
    for title in ("Morning", "Evening", "What to look at first", "See a clinician"):
        assert f"\n\n{title}" not in text


def test_without_a_profile_the_plan_is_gentle_and_says_what_it_waits_for(run: Run):
    result = run("a.json")
    assert result.exit_code == 0
    assert "gentle everyday care" in result.stdout
    assert "age, signs" in section(result.stdout, "Waits for an answer")
    assert "Not stated: your age;" in result.stdout
    assert "cannot be told" in section(result.stdout, "Clinician")


def test_a_refused_photo_leaves_gentle_care(run: Run):
    result = run("refused.json", "--profile", "adult.toml")
    assert result.exit_code == 0
    assert "could not be measured" in result.stdout
    assert section(result.stdout, "What this photo did not show").count("\n- ") == len(Condition)


def test_json_holds_the_whole_plan(run: Run):
    tree = json.loads(run("a.json", "--profile", "adult.toml", "--json").stdout)
    assert tree["care"] == "full"
    assert tree["referral"]["level"] == "none"
    assert tree["priorities"][0] == {
        "condition": "acne",
        "band": "mild",
        "severity": 0.2,
        "texture_risk": 3,
        "criticality": 2,
        "value": 1.2,
        "because": "Inflamed spots can leave scars and dark marks. "
        "Clinicians have good treatments for it.",
    }
    assert {"kind": "seen", "subject": "acne", "value": "mild"} in tree["chain"][0]["used"]
    assert all(step["advice"]["sources"] for step in tree["morning"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("a.json", "--profile", "typo.toml"), "no field 'medicine'. Did you mean medicines?"),
        (("a.json", "--profile", "absent.toml"), "The profile cannot be read"),
        (("absent.json",), "The assessment cannot be read"),
        (("adult.toml",), "An assessment as JSON text was expected"),
    ],
)
def test_errors_help(run: Run, words: tuple[str, ...], message: str):
    result = run(*words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not result.stdout


def test_the_profile_of_the_documentation_works(run: Run):
    page = (DOCS / "explanation" / "guidance.md").read_text(encoding="utf-8")
    example = page.split("```toml\n", 1)[1].split("```", 1)[0]
    Path("example.toml").write_text(example, encoding="utf-8")
    result = run("a.json", "--profile", "example.toml")
    assert result.exit_code == 0, result.stderr
    assert "Retinoid" not in section(result.stdout, "Evening")
