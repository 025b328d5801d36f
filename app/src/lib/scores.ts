// How scores are put into words and order.
import { CONDITIONS, isScore, type Assessment, type Condition } from './types';

/** Return the key of the word for a score; `limits` are lower bounds, the highest first. */
export function levelOf(value: number, limits: readonly [number, string][]): string {
  return limits.find(([low]) => Math.round(value) >= low)?.[1] ?? '';
}

/** Return the conditions that were measured, the strongest first; then those that were not. */
export function inOrder(found: Assessment): { measured: Condition[]; unmeasured: Condition[] } {
  const value = (condition: Condition): number => found.scores[condition].value ?? -1;
  const measured = CONDITIONS.filter((condition) => isScore(found.scores[condition]));
  return {
    measured: [...measured].sort((a, b) => value(b) - value(a)),
    unmeasured: CONDITIONS.filter((condition) => !isScore(found.scores[condition])),
  };
}

/** Two scores of one condition, what is to be made of them, and what noise alone would move (points). */
export interface ScorePair {
  key: string;
  name: string;
  before: number | null;
  after: number | null;
  verdict: string;
  why?: string;
  noise: number | null;
}
