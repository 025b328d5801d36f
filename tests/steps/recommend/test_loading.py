"""The knowledge files: whole, sourced, and each wrong word refused with the nearest right one."""

from __future__ import annotations

import re

import pytest

from cutis.core.advice import FactKind, ReferralLevel, Sign
from cutis.core.errors import SettingsError
from cutis.core.vocabulary import Condition
from cutis.steps.recommend import compile_knowledge, infer, shipped_knowledge, shipped_texts
from cutis.steps.recommend.words import split_fact

BRANDS_AND_HARD_WORDS = re.compile(
    r"\b(ugly|bad skin|flaw|flaws|imperfection|blemish|perfect|anti-aging|beauty|terrible|"
    r"disgusting|disfigur\w*|cancerous)\b",
    re.IGNORECASE,
)

WRONG = [
    ("rules", "stated:pregnancy=pregnant", "stated:pregnancy=pregnent", "Did you mean pregnant"),
    ("rules", "state:pregnancy_possible", "state:pregnancy_posible", "no rule asks for"),
    ("rules", "habit:know_your_marks", "habit:know_your_mark", "Did you mean know_your_marks"),
    ("rules", "refer:routine", "refer:rutine", "Did you mean routine"),
    ("rules", "limit:gentle", "seen:acne=mild", "a rule concludes one of"),
    ("rules", "unknown:age", "unknwon:age", "Did you mean unknown"),
    ("rules", "unknown:age", "unknown:aged", "Did you mean age"),
    ("rules", '"unknown:age"', '"age"', "is written kind:subject"),
    ("ingredients", "seen:acne=mild", "seen:acnee=mild", "Did you mean acne"),
    ("ingredients", "seen:acne=mild", "seen:acne=milde", "Did you mean mild"),
    ("ingredients", "state:fragile_skin", "state:fragil_skin", "Did you mean fragile_skin"),
    ("ingredients", "irritant = true", "iritant = true", "Did you mean irritant"),
    ("ingredients", 'role = "treat"', 'role = "treatment"', "Did you mean treat"),
    ("ingredients", '"medicines"', '"medicine"', "Did you mean medicines"),
    ("ingredients", "irritant = true", 'irritant = "yes"', "takes true or false; 'yes' came"),
    ("ingredients", '["aad_acne", "fda_acne_otc"]', '["aad_akne"]', "Did you mean aad_acne"),
    ("interactions", '"retinoid"', '"retinoids"', "Did you mean retinoid"),
    ("habits", 'eases = ["heat"]', 'eases = ["heath"]', "Did you mean heat"),
    ("habits", 'sources = ["kadunce"]', "sources = []", "names no source"),
    ("medicines", "[isotretinoin]", "[isotretinion]", "Did you mean isotretinoin"),
    ("medicines", 'acts_as = "retinoid"', 'acts_as = "retinal"', "Did you mean retinoid"),
    ("conditions", "[acne]", "[akne]", "Did you mean acne"),
    ("conditions", "mild_from = 10", "mild_from = 40", "bands must rise"),
    ("conditions", "texture_risk = 3", "texture_risk = 4", "ranks are 1, 2 or 3"),
    ("conditions", '"friction"', '"fricton"', "Did you mean friction"),
    ("red_flags", 'level = "soon"', 'level = "sooner"', "Did you mean soon"),
    ("red_flags", "stated:sign=fever", "stated:sign=feaver", "Did you mean fever"),
    ("sources", "year = 2021", 'year = "2021"', "takes a whole number"),
    ("sources", "publisher =", "published_by =", "Did you mean publisher"),
    ("triggers", "[sun]", "[sun", "must be TOML"),
]


def test_the_shipped_files_are_whole():
    knowledge = shipped_knowledge()
    assert set(knowledge.conditions) == set(Condition)
    assert len(knowledge.rules) > 150
    assert len({rule.id for rule in knowledge.rules}) == len(knowledge.rules)


@pytest.mark.parametrize(("file", "right", "wrong", "message"), WRONG)
def test_a_wrong_word_is_refused(file: str, right: str, wrong: str, message: str):
    texts = shipped_texts()
    assert right in texts[file]
    texts[file] = texts[file].replace(right, wrong, 1)
    with pytest.raises(SettingsError, match=re.escape(message)):
        compile_knowledge(texts)


def test_a_missing_file_is_named():
    texts = shipped_texts()
    del texts["habits"]
    with pytest.raises(SettingsError, match=re.escape("habits.toml is missing")):
        compile_knowledge(texts)


def test_every_rule_has_a_source_and_every_source_is_used():
    knowledge = shipped_knowledge()
    assert all(rule.sources and rule.because for rule in knowledge.rules)
    used = {source for rule in knowledge.rules for source in rule.sources}
    for table in (knowledge.conditions, knowledge.ingredients, knowledge.triggers):
        used |= {source for card in table.values() for source in card.sources}
    for more in (knowledge.habits, knowledge.medicines, knowledge.interactions):
        used |= {source for card in more.values() for source in card.sources}
    assert used == set(knowledge.sources)


def test_a_doi_has_its_form_and_an_address_is_secure():
    for source in shipped_knowledge().sources.values():
        assert source.doi is None or re.fullmatch(r"10\.\d{4,5}/\S+", source.doi)
        assert source.url is None or source.url.startswith("https://")
        assert source.year is None or 1950 < source.year < 2027


def test_every_sign_is_a_red_flag_of_its_own():
    """Each sign alone, with nothing else known, refers at least soon."""
    for sign in Sign:
        facts = infer([split_fact(f"stated:sign={sign.value}", "")], shipped_knowledge().rules)
        levels = {ReferralLevel(f.subject) for f in facts.facts if f.kind is FactKind.REFER}
        assert max(level.rank for level in levels) >= ReferralLevel.SOON.rank, sign


def test_every_habit_trigger_and_interaction_can_be_reached():
    knowledge = shipped_knowledge()
    concluded = {fact for rule in knowledge.rules for fact in rule.then}
    for kind, table in (
        (FactKind.HABIT, knowledge.habits),
        (FactKind.TRIGGER, knowledge.triggers),
        (FactKind.SUGGEST, knowledge.ingredients),
    ):
        assert {fact.subject for fact in concluded if fact.kind is kind} == set(table)


def test_words_are_kind():
    for name, text in shipped_texts().items():
        spoken = "\n".join(line for line in text.splitlines() if not line.startswith("title"))
        assert not BRANDS_AND_HARD_WORDS.findall(spoken), name
