// Laying one face over another: the similarity (turn, scale, shift) that best takes points to points.
import { REGIONS, type Region } from './types';

export interface Point { x: number; y: number }
export interface Similarity { a: number; b: number; x: number; y: number }
export const IDENTITY: Similarity = { a: 1, b: 0, x: 0, y: 0 };

/**
 * Return the least-squares similarity from `from` to `to` (Umeyama 1991, doi:10.1109/34.88573, in the
 * plane and without reflection): (x, y) goes to (a·x − b·y + tx, b·x + a·y + ty).
 */
export function similarity(from: Point[], to: Point[]): Similarity {
  const n = Math.min(from.length, to.length);
  if (n < 2) return IDENTITY;
  const mean = (points: Point[]): Point => ({
    x: points.reduce((sum, p) => sum + p.x, 0) / n,
    y: points.reduce((sum, p) => sum + p.y, 0) / n,
  });
  const f = mean(from);
  const g = mean(to);
  let dot = 0;
  let cross = 0;
  let spread = 0;
  from.forEach((p, i) => {
    const q = to[i] as Point;
    const [px, py, qx, qy] = [p.x - f.x, p.y - f.y, q.x - g.x, q.y - g.y];
    dot += px * qx + py * qy;
    cross += px * qy - py * qx;
    spread += px * px + py * py;
  });
  if (spread === 0) return IDENTITY;
  const a = dot / spread;
  const b = cross / spread;
  return { a, b, x: g.x - a * f.x + b * f.y, y: g.y - b * f.x - a * f.y };
}

/** Return the middle of each region in a label map. */
export function centres(labels: ImageData): Partial<Record<Region, Point>> {
  const sums = REGIONS.map(() => ({ x: 0, y: 0, n: 0 }));
  for (let y = 0; y < labels.height; y += 2) {
    for (let x = 0; x < labels.width; x += 2) {
      const sum = sums[(labels.data[4 * (y * labels.width + x)] ?? 0) - 1];
      if (sum) {
        sum.x += x;
        sum.y += y;
        sum.n += 1;
      }
    }
  }
  return Object.fromEntries(
    REGIONS.flatMap((region, i) => {
      const { x, y, n } = sums[i] as { x: number; y: number; n: number };
      return n >= 12 ? [[region, { x: x / n, y: y / n }]] : [];
    }),
  );
}
