// Correcting a mask: discs and polygons of pixels, with a way back; agreement as Dice.
export interface Mask { data: Uint8Array; width: number; height: number }
export interface Dot { x: number; y: number }

export const emptyMask = (width: number, height: number): Mask => ({ data: new Uint8Array(width * height), width, height });
export const copyMask = (mask: Mask): Mask => ({ ...mask, data: mask.data.slice() });

/** Set (1) or clear (0) all pixels whose middle lies within `radius` of a point. */
export function paintDisc(mask: Mask, at: Dot, radius: number, value: 0 | 1): void {
  for (let y = Math.max(0, Math.floor(at.y - radius)); y <= Math.min(mask.height - 1, at.y + radius); y += 1) {
    for (let x = Math.max(0, Math.floor(at.x - radius)); x <= Math.min(mask.width - 1, at.x + radius); x += 1) {
      if ((x + 0.5 - at.x) ** 2 + (y + 0.5 - at.y) ** 2 <= radius ** 2) mask.data[y * mask.width + x] = value;
    }
  }
}

/** Paint along a line, so that a quick stroke leaves no gaps. */
export function paintStroke(mask: Mask, from: Dot, to: Dot, radius: number, value: 0 | 1): void {
  const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / Math.max(1, radius / 2)));
  for (let i = 0; i <= steps; i += 1) {
    paintDisc(mask, { x: from.x + ((to.x - from.x) * i) / steps, y: from.y + ((to.y - from.y) * i) / steps }, radius, value);
  }
}

/** Set or clear all pixels whose middle lies inside a polygon (even-odd rule). */
export function fillPolygon(mask: Mask, corners: Dot[], value: 0 | 1): void {
  for (let y = 0; y < mask.height; y += 1) {
    const crossings = corners.flatMap((a, i) => {
      const b = corners[(i + 1) % corners.length] as Dot;
      const middle = y + 0.5;
      if (a.y <= middle === b.y <= middle) return [];
      return [a.x + ((middle - a.y) / (b.y - a.y)) * (b.x - a.x)];
    }).sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const [from, to] = [crossings[i] as number, crossings[i + 1] as number];
      for (let x = Math.max(0, Math.ceil(from - 0.5)); x < Math.min(mask.width, to - 0.5); x += 1) mask.data[y * mask.width + x] = value;
    }
  }
}

/** Return the Dice overlap, 0–1; null where both are empty. */
export function dice(a: Mask, b: Mask): number | null {
  let both = 0;
  let sum = 0;
  a.data.forEach((value, i) => {
    const other = b.data[i] ?? 0;
    both += value & other;
    sum += value + other;
  });
  return sum ? (2 * both) / sum : null;
}
