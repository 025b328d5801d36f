// A condition over time: points with their intervals, on a scale of 0 to 100.
import { isScore, type AssessmentRecord, type Condition } from './types';

export interface TimePoint { id: string; at: string; value: number; low: number; high: number }

export function seriesOf(records: AssessmentRecord[], condition: Condition): TimePoint[] {
  return records
    .flatMap((record) => {
      const score = record.document.scores[condition];
      if (!isScore(score)) return [];
      const { low, high } = score.interval;
      return [{ id: record.id, at: record.created_at, value: score.value, low, high }];
    })
    .sort((a, b) => a.at.localeCompare(b.at));
}

/** Return where each point stands across, 0–1 by time; visits on one moment stand in order. */
export function across(points: TimePoint[]): number[] {
  const times = points.map((point) => Date.parse(point.at));
  const first = Math.min(...times);
  const span = Math.max(...times) - first;
  const last = Math.max(1, points.length - 1);
  return times.map((time, i) => (span > 3_600_000 ? (time - first) / span : points.length > 1 ? i / last : 0.5));
}

/** Return the outline of the band of noise: along the upper ends, and back along the lower ones. */
export function bandPath(points: TimePoint[], xs: number[], width: number, height: number): string {
  const at = (i: number, value: number): string =>
    `${((xs[i] ?? 0) * width).toFixed(1)},${(height * (1 - value / 100)).toFixed(1)}`;
  const upper = points.map((point, i) => at(i, point.high));
  const lower = points.map((point, i) => at(i, point.low)).reverse();
  return points.length ? `M${[...upper, ...lower].join('L')}Z` : '';
}
