"""From an assessment and a profile to a plan: facts, rules, choice, check, words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cutis.core.advice import (
    Advice,
    Avoidance,
    CareLevel,
    CareStep,
    Fact,
    FactKind,
    Firing,
    NotJudged,
    PartOfDay,
    Plan,
    Priority,
    Profile,
    Referral,
    ReferralLevel,
)
from cutis.core.assessment import Assessment
from cutis.core.scores import NotMeasured
from cutis.steps.recommend.check import find_contradictions, least_referral
from cutis.steps.recommend.choose import Choice, Chooser, care_of, choose
from cutis.steps.recommend.engine import Inference, infer
from cutis.steps.recommend.knowledge import Knowledge, Role
from cutis.steps.recommend.loading import shipped_knowledge
from cutis.steps.recommend.observed import given_facts
from cutis.steps.recommend.profile import check_unwanted
from cutis.steps.recommend.sentences import DISCLAIMER, lead, referral_sentence
from cutis.steps.recommend.severity import rank_conditions


def recommend(
    assessment: Assessment, profile: Profile | None = None, knowledge: Knowledge | None = None
) -> Plan:
    """Return guidance for one assessment and what a person states.

    Every plan is checked; one that contradicts itself gives way to a more cautious one.

    Args:
        assessment: what was measured; what was not is never read as absent.
        profile: what the person states; nothing by default, which leaves gentle care.
        knowledge: the knowledge files; the shipped ones by default.

    Raises:
        InputError: the profile does not want an ingredient class that nobody knows.
    """
    profile, knowledge = profile or Profile(), knowledge or shipped_knowledge()
    check_unwanted(profile, knowledge)
    given = given_facts(assessment, profile, knowledge)
    inference = infer(given, knowledge.rules)
    priorities = rank_conditions(assessment.scores, inference.facts, knowledge)
    chooser = Chooser(inference, profile, knowledge, care_of(inference))
    chooser, choice, found = _agreeing(chooser, priorities)
    return _write(assessment, chooser, choice, (priorities, found))


def _agreeing(
    chooser: Chooser, priorities: tuple[Priority, ...]
) -> tuple[Chooser, Choice, tuple[str, ...]]:
    """Choose, check, and give way until the plan agrees with itself; an empty one does."""
    choice = choose(chooser, priorities)
    found = find_contradictions(choice.draft, chooser.profile, chooser.knowledge)
    if not found:
        return chooser, choice, ()
    for care in (CareLevel.GENTLE, CareLevel.SHELTER, CareLevel.NOTHING):
        if care.rank > chooser.care.rank:
            continue
        chooser = _more_cautious(chooser, care, found)
        choice = choose(chooser, priorities)
        if not find_contradictions(choice.draft, chooser.profile, chooser.knowledge):
            break
    return chooser, choice, found


def _more_cautious(chooser: Chooser, care: CareLevel, found: tuple[str, ...]) -> Chooser:
    """Lower what the plan may hold, and refer at least as the statements ask for."""
    lesions = frozenset(fact.subject for fact in chooser.facts(FactKind.FOUND))
    least = least_referral(chooser.profile, lesions)
    new = {Fact(FactKind.LIMIT, care.value)}
    if least is not ReferralLevel.NONE:
        new.add(Fact(FactKind.REFER, least.value))
    because = f"A fuller plan contradicts itself: {'; '.join(found)}."
    firing = Firing(f"plan.cautious_{care.value}", (), tuple(sorted(new)), because, ())
    chain = (*chooser.inference.chain, firing)
    return replace(chooser, inference=Inference(chooser.inference.facts | new, chain), care=care)


def _write(
    assessment: Assessment,
    chooser: Chooser,
    choice: Choice,
    judged: tuple[tuple[Priority, ...], tuple[str, ...]],
) -> Plan:
    """Put a plan into words; where no product fits, nothing distracts from the referral."""
    priorities, contradictions = judged
    knowledge, care = chooser.knowledge, chooser.care
    silent = care is CareLevel.NOTHING
    held = care if _acts(choice, knowledge) else min(care, CareLevel.GENTLE, key=_rank)
    chain = (*chooser.inference.chain, *choice.left_out)
    named = {source for firing in chain for source in firing.sources}
    return Plan(
        lead=lead(held, cautious=bool(contradictions), usable=assessment.usable),
        care=care,
        cautious=bool(contradictions),
        referral=_referral(chooser),
        priorities=() if silent else priorities,
        morning=tuple(_steps(choice, PartOfDay.MORNING, chooser)),
        evening=tuple(_steps(choice, PartOfDay.EVENING, chooser)),
        habits=tuple(_habits(chooser, held)),
        avoid=() if silent else tuple(_avoidances(chooser)),
        held_back=tuple(_held_back(choice, knowledge)),
        watch_for=tuple(flag.watch for flag in knowledge.red_flags.values() if flag.watch),
        not_judged=tuple(
            NotJudged(condition, score.reason)
            for condition, score in assessment.scores.items()
            if isinstance(score, NotMeasured)
        ),
        not_stated=chooser.profile.not_stated,
        chain=chain,
        sources=tuple(source for key, source in knowledge.sources.items() if key in named),
        disclaimer=DISCLAIMER,
    )


def _advice(text: str, firings: Iterable[Firing]) -> Advice:
    """Return a line with all its reasons, rules and sources, each once and in order."""
    firings = tuple(firings)
    reasons = dict.fromkeys(firing.because for firing in firings)
    sources = dict.fromkeys(source for firing in firings for source in firing.sources)
    rules = tuple(firing.rule for firing in firings)
    return Advice(text, " ".join(reasons), rules, tuple(sources))


def _referral(chooser: Chooser) -> Referral:
    """Return the strongest referral with all reasons, the strongest first.

    Where the plan holds nothing, only the reasons of the strongest are told.
    """
    facts = sorted(
        chooser.facts(FactKind.REFER), key=lambda fact: -ReferralLevel(fact.subject).rank
    )
    if chooser.care is CareLevel.NOTHING:
        facts = facts[:1]
    firings = [firing for fact in facts for firing in chooser.inference.firings_of(fact)]
    known = chooser.profile.signs is not None
    return Referral(
        chooser.level,
        referral_sentence(chooser.level, signs_known=known),
        tuple(_advice(firing.because, [firing]) for firing in firings),
    )


def _steps(choice: Choice, part: PartOfDay, chooser: Chooser) -> Iterator[CareStep]:
    for name in choice.draft.steps[part]:
        card = chooser.knowledge.ingredients[name]
        facts = chooser.suggested[name]
        firings = (f for fact in facts for f in chooser.inference.firings_of(fact))
        yield CareStep(name, card.name, card.how, _advice(card.name, firings))


def _rank(care: CareLevel) -> int:
    return care.rank


def _acts(choice: Choice, knowledge: Knowledge) -> bool:
    return any(knowledge.ingredients[n].role is Role.TREAT for n in choice.draft.ingredients)


def _habits(chooser: Chooser, held: CareLevel) -> Iterator[Advice]:
    """Yield the habits that fit what the plan holds."""
    told = {fact.subject: fact for fact in chooser.facts(FactKind.HABIT)}
    for name, habit in chooser.knowledge.habits.items():
        if name in told and habit.care.rank <= held.rank:
            yield _advice(habit.text, chooser.inference.firings_of(told[name]))


def _avoidances(chooser: Chooser) -> Iterator[Avoidance]:
    for name, card in chooser.knowledge.ingredients.items():
        if name in chooser.forbidden:
            firings = chooser.inference.firings_of(Fact(FactKind.FORBID, name))
            yield Avoidance(name, card.name, _advice(card.name, firings))


def _held_back(choice: Choice, knowledge: Knowledge) -> Iterator[Avoidance]:
    for firing in choice.left_out:
        name = firing.concluded[0].subject
        if name in choice.held_back:
            label = knowledge.ingredients[name].name
            yield Avoidance(name, label, _advice(label, [firing]))
