"""A plan as JSON, and as plain text for a terminal; with its chain where it is asked for."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator

from cutis.core.advice import Advice, CareLevel, CareStep, Firing, Plan, Priority, Source
from cutis.reports.rounding import rounded
from cutis.reports.wording import CONDITIONS, sentence_case

WIDTH = 88


def plan_to_json(plan: Plan) -> str:
    """Return the plan as indented JSON text, the chain and the sources included."""
    from pydantic import TypeAdapter  # noqa: PLC0415

    tree = TypeAdapter(Plan).dump_python(plan, mode="json")
    for priority in tree["priorities"]:
        priority["severity"] = rounded(priority["severity"])
        priority["value"] = rounded(priority["value"])
    return json.dumps(tree, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def plan_to_text(plan: Plan, missing: str = "", *, why: bool = False) -> str:
    """Return the plan as plain text.

    Args:
        plan: the plan.
        missing: one sentence on what was not stated, or nothing.
        why: whether the chain of rules and the sources follow.
    """
    blocks = [
        _filled(plan.lead),
        _block("Clinician", _referral(plan)),
        _block("What to look at first", (_priority(p) for p in plan.priorities)),
        _block("Morning", _steps(plan.morning)),
        _block("Evening", _steps(plan.evening)),
        _block("What else helps", (_line(habit) for habit in plan.habits)),
        _block("Better left out", (_line(entry.advice) for entry in plan.avoid)),
        _block("Waits for an answer", (_line(entry.advice) for entry in plan.held_back)),
        *_around(plan, missing),
        _filled(plan.disclaimer),
    ]
    if why:
        blocks.append(_block("Why: every rule that fired, in order", map(_firing, plan.chain)))
        blocks.append(_block("Sources", map(_source, plan.sources)))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _around(plan: Plan, missing: str) -> tuple[str, ...]:
    """Return what is told around a plan, but where nothing should distract from a referral."""
    if plan.care is CareLevel.NOTHING:
        return ()
    return (
        _block("What this photo did not show", _not_judged(plan)),
        _filled(missing),
        _block("See a clinician, whatever the numbers say, when", plan.watch_for),
    )


def _block(title: str, lines: Iterable[str]) -> str:
    items = [_filled(line, "- ") for line in lines]
    return "\n".join([title, *items]) if items else ""


def _filled(text: str, first: str = "") -> str:
    blank = " " * len(first)
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=blank, break_long_words=False
    )


def _referral(plan: Plan) -> Iterator[str]:
    yield plan.referral.sentence
    yield from (reason.text for reason in plan.referral.reasons)


def _priority(priority: Priority) -> str:
    name = CONDITIONS[priority.condition][0]
    return (
        f"{name}, {priority.band.value}: {priority.value:.1f} of 9 = severity "
        f"{priority.severity:.2f} × texture risk {priority.texture_risk} × diagnostic "
        f"criticality {priority.criticality}. {priority.because}"
    )


def _steps(steps: Iterable[CareStep]) -> Iterator[str]:
    for step in steps:
        yield f"{step.name}. {step.how} Why: {step.advice.because}"


def _line(advice: Advice) -> str:
    return f"{advice.text.rstrip('.')}. {advice.because}"


def _not_judged(plan: Plan) -> Iterator[str]:
    for entry in plan.not_judged:
        yield f"{CONDITIONS[entry.condition][0]}: {sentence_case(entry.reason)}"


def _firing(firing: Firing) -> str:
    used = " and ".join(str(fact) for fact in firing.used) or "always"
    concluded = ", ".join(str(fact) for fact in firing.concluded)
    sources = f" [{', '.join(firing.sources)}]" if firing.sources else ""
    return f"{firing.rule}: {used} → {concluded}. {firing.because}{sources}"


def _source(source: Source) -> str:
    place = f"https://doi.org/{source.doi}" if source.doi else source.url or ""
    year = f", {source.year}" if source.year else ""
    return f"{source.id}: {source.title}. {source.publisher}{year}. {place}".rstrip()
