"""What has helped before: options that the rules allow, ordered by a learned table and feedback.

The rules decide what is allowed, the table only orders it: an option is a plan that the rules made
and checked, so what they forbid cannot be chosen. Everything can be reset and says why.
"""

from cutis.history.policy.choice import Preferences, Suggestion, suggest
from cutis.history.policy.learning import Environment, Learner, Moment, learn
from cutis.history.policy.options import EVERYDAY, RULES, routine_options
from cutis.history.policy.qtable import Estimate, QTable, read_table
from cutis.history.policy.situation import Situation, Trend, situation_of

__all__ = [
    "EVERYDAY",
    "RULES",
    "Environment",
    "Estimate",
    "Learner",
    "Moment",
    "Preferences",
    "QTable",
    "Situation",
    "Suggestion",
    "Trend",
    "learn",
    "read_table",
    "routine_options",
    "situation_of",
    "suggest",
]
