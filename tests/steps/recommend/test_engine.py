"""The engine: a least fixed point, whatever the order of the rules; it ends, and shows its way."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.advice import Fact, FactKind
from cutis.core.errors import InputError
from cutis.steps.recommend import Rule, infer, shipped_knowledge


def fact(name: str) -> Fact:
    return Fact(FactKind.STATE, name)


def rule(name: str, when: str, then: str) -> Rule:
    """Return a rule of facts named by single letters."""
    return Rule(name, tuple(map(fact, when)), tuple(map(fact, then)), "Because.", ("source",))


def letters(facts: frozenset[Fact]) -> str:
    return "".join(sorted(f.subject for f in facts))


unhurried = settings(deadline=None)
facts = st.text("abcdefgh", max_size=3)
rule_sets = st.lists(st.tuples(facts, facts), max_size=12).map(
    lambda pairs: [rule(f"r{i:02}", when, then) for i, (when, then) in enumerate(pairs)]
)


def test_a_chain_of_three():
    rules = [rule("3", "c", "d"), rule("1", "a", "b"), rule("2", "b", "c"), rule("no", "x", "y")]
    inference = infer([fact("a")], rules)
    assert letters(inference.facts) == "abcd"
    assert [firing.rule for firing in inference.chain] == ["1", "2", "3"]
    assert inference.firings_of(fact("d"))[0].used == (fact("c"),)


def test_a_rule_without_conditions_always_fires():
    assert letters(infer([], [rule("1", "", "a")]).facts) == "a"


def test_every_reason_is_kept_though_one_would_do():
    inference = infer([fact("a"), fact("b")], [rule("1", "a", "c"), rule("2", "b", "c")])
    assert [firing.rule for firing in inference.firings_of(fact("c"))] == ["1", "2"]


def test_a_circle_ends():
    assert letters(infer([fact("a")], [rule("1", "a", "b"), rule("2", "b", "a")]).facts) == "ab"


def test_twins_are_refused():
    with pytest.raises(InputError, match="more than once: 1"):
        infer([], [rule("1", "a", "b"), rule("1", "b", "c")])


@unhurried
@given(rule_sets, facts, st.randoms(use_true_random=False))
def test_the_order_of_rules_and_facts_does_not_matter(
    rules: list[Rule], start: str, chance: random.Random
):
    mixed, given_facts = list(rules), list(map(fact, start))
    chance.shuffle(mixed)
    chance.shuffle(given_facts)
    assert infer(given_facts, mixed) == infer(map(fact, start), rules)


@unhurried
@given(rule_sets, facts)
def test_the_answer_is_the_least_fixed_point(rules: list[Rule], start: str):
    """Closed under the rules; and, found in another way, nothing is in it without a reason."""
    inference = infer(map(fact, start), rules)
    for r in rules:
        assert not inference.facts.issuperset(r.when) or inference.facts.issuperset(r.then)
    known = set(map(fact, start))
    for _ in range(len(rules)):
        for r in rules:
            known |= set(r.then) if known.issuperset(r.when) else set()
    assert inference.facts == known


@unhurried
@given(rule_sets, facts)
def test_each_rule_fires_once_at_most_and_its_reasons_come_before(rules: list[Rule], start: str):
    chain = infer(map(fact, start), rules).chain
    assert len({firing.rule for firing in chain}) == len(chain) <= len(rules)
    known = set(map(fact, start))
    for firing in chain:
        assert known.issuperset(firing.used)
        known |= set(firing.concluded)


@unhurried
@given(rule_sets, facts, facts)
def test_more_facts_never_conclude_less(rules: list[Rule], start: str, more: str):
    few, many = infer(map(fact, start), rules), infer(map(fact, start + more), rules)
    assert few.facts <= many.facts


@unhurried
@given(st.randoms(use_true_random=False))
def test_the_shipped_rules_in_any_order(chance: random.Random):
    rules = list(shipped_knowledge().rules)
    start = [f for r in rules for f in r.when if chance.random() < 0.3]
    expected = infer(start, rules)
    chance.shuffle(rules)
    assert infer(start, rules) == expected
