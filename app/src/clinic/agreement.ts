// How far clinicians agree with the software: shares with Wilson intervals, grades with weighted kappa.
import type { Review } from '../lib/types';

export interface Share { share: number; low: number; high: number; n: number }

/** Return a share with its 95 % interval (Wilson 1927, doi:10.2307/2276774); null without cases. */
export function wilson(hits: number, n: number): Share | null {
  if (n === 0) return null;
  const z = 1.959964;
  const p = hits / n;
  const middle = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  return { share: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half), n };
}

/**
 * Return Cohen's kappa with linear weights (Cohen 1968, doi:10.1037/h0026256) of pairs of grades;
 * null where it is not defined, because one rater gave one grade only to all or there are none.
 */
export function weightedKappa(pairs: readonly (readonly [number, number])[]): number | null {
  const n = pairs.length;
  if (!n) return null;
  const seen = pairs.reduce((sum, [a, b]) => sum + Math.abs(a - b), 0) / n;
  const chance = pairs.reduce((sum, [a]) => sum + pairs.reduce((s, [, b]) => s + Math.abs(a - b), 0), 0) / n ** 2;
  return chance === 0 ? null : 1 - seen / chance;
}

export interface Agreement {
  reviews: number;
  validated: Share | null;
  corrected: Share | null;
  overridden: Share | null;
  grades: Record<string, { n: number; kappa: number | null; difference: number }>;
}

export interface Reviewed { reviews: Review[]; grades: Record<string, number> }

/** Put the agreement together; a grade that was validated counts as given alike by both. */
export function agreementOf(all: Reviewed[]): Agreement {
  const reviews = all.flatMap((one) => one.reviews);
  const share = (judgement: Review['judgement']): Share | null =>
    wilson(reviews.filter((one) => one.judgement === judgement).length, reviews.length);
  const pairs: Record<string, [number, number][]> = {};
  for (const { reviews: those, grades } of all) {
    for (const review of those) {
      for (const [scale, grade] of Object.entries(grades)) {
        const changed = review.changes.grades?.[scale];
        (pairs[scale] ??= []).push(changed ? [changed.from, changed.to] : [grade, grade]);
      }
    }
  }
  return {
    reviews: reviews.length,
    validated: share('validated'), corrected: share('corrected'), overridden: share('overridden'),
    grades: Object.fromEntries(Object.entries(pairs).map(([scale, found]) => [scale, {
      n: found.length, kappa: weightedKappa(found),
      difference: found.reduce((sum, [a, b]) => sum + b - a, 0) / found.length,
    }])),
  };
}
