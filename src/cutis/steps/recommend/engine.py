"""Forward chaining: from given facts to all that the rules conclude, with the chain that led there.

Rules only add facts and know no negation; what is absent or unknown is a given fact of its own. So
the conclusions are the one least fixed point, whatever the order of the rules (van Emden and
Kowalski 1976, doi:10.1145/321978.321991), and each round fires at least one rule that never fires
again, so that it ends after at most as many rounds as there are rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from cutis.core.advice import Fact, Firing
from cutis.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Rule:
    """If all facts of ``when`` hold, all of ``then`` hold; without ``when`` it always fires."""

    id: str
    when: tuple[Fact, ...]
    then: tuple[Fact, ...]
    because: str
    sources: tuple[str, ...]

    @property
    def firing(self) -> Firing:
        """What is kept of this rule when it fires."""
        return Firing(self.id, self.when, self.then, self.because, self.sources)


@dataclass(frozen=True, slots=True)
class Inference:
    """All facts that hold in the end, and the rules that fired: round by round, then by id."""

    facts: frozenset[Fact]
    chain: tuple[Firing, ...]

    def firings_of(self, fact: Fact) -> tuple[Firing, ...]:
        """Return the firings that concluded ``fact``."""
        return tuple(firing for firing in self.chain if fact in firing.concluded)


def infer(given: Iterable[Fact], rules: Iterable[Rule]) -> Inference:
    """Fire every rule whose facts hold, until none is left that could.

    All rules that are ready in a round see the facts of the round before, so the chain too does
    not depend on the order of ``rules``.

    Raises:
        InputError: two rules have the same id.
    """
    waiting = sorted(rules, key=lambda rule: rule.id)
    _refuse_twins(waiting)
    known = set(given)
    chain: list[Firing] = []
    while ready := [rule for rule in waiting if known.issuperset(rule.when)]:
        fired = {rule.id for rule in ready}
        chain.extend(rule.firing for rule in ready)
        known.update(fact for rule in ready for fact in rule.then)
        waiting = [rule for rule in waiting if rule.id not in fired]
    return Inference(frozenset(known), tuple(chain))


def _refuse_twins(rules: Iterable[Rule]) -> None:
    twins = sorted(name for name, n in Counter(rule.id for rule in rules).items() if n > 1)
    if twins:
        raise InputError(
            f"Each rule has an id of its own; these came more than once: {', '.join(twins)}. "
            "Rename all but one of them."
        )
