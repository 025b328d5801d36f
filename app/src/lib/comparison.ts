// Two photos compared: what changed, and why something cannot be compared, in the chosen language.
import { sentence, t, type Key } from './i18n.svelte';
import { told } from './results.svelte';
import type { ScorePair } from './scores';
import { CONDITIONS, isScore, type Assessment, type Condition } from './types';

export const OBSTACLES = [
  'photo_refused', 'not_measured', 'other_scale', 'other_light', 'other_colour', 'other_focus', 'other_pose',
  'other_expression', 'other_covering', 'other_method', 'other_version',
] as const;
export type Obstacle = (typeof OBSTACLES)[number];
export interface Change {
  verdict: string;
  before: number | null;
  after: number | null;
  needed: number | null;
  hindrance: { obstacle: Obstacle } | null;
}
export interface Comparison { overall: Pick<Change, 'verdict'>; conditions: Record<Condition, Change> }
export type Documents = readonly [before: Assessment, after: Assessment];

const VERDICTS: Record<string, Key> = {
  better: 'change_less', worse: 'change_more', mixed: 'change_mixed', no_change_you_can_trust: 'change_none',
  cannot_compare: 'change_unclear',
};

export const verdictText = (verdict: string): string => t(VERDICTS[verdict] ?? 'change_unclear');

/** Tell why `one` cannot be compared; what was not measured has its reason in the assessment. */
export function hindranceText(obstacle: Obstacle, one: Condition, [before, after]: Documents): string {
  if (obstacle === 'photo_refused') {
    const earlier = !before.usable || before.face === null;
    return t(earlier ? 'obstacle_photo_refused_earlier' : 'obstacle_photo_refused_later');
  }
  if (obstacle !== 'not_measured') return t(`obstacle_${obstacle}`);
  const earlier = !isScore(before.scores[one]);
  const answer = (earlier ? before : after).scores[one];
  const reason = isScore(answer) ? '' : (told.tables.reasons[answer.code] ?? '');
  return t(earlier ? 'obstacle_not_measured_earlier' : 'obstacle_not_measured_later', { reason });
}

/** Return a line for each condition. */
export function changeRows(found: Comparison, documents: Documents): ScorePair[] {
  return CONDITIONS.map((one) => {
    const { verdict, before, after, needed, hindrance } = found.conditions[one];
    return {
      key: one, name: sentence(told.tables.conditions[one] ?? one), before, after, noise: needed,
      verdict: verdictText(verdict), why: hindrance ? hindranceText(hindrance.obstacle, one, documents) : '',
    };
  });
}
