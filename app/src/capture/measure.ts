// Light and sharpness of a face in a frame, by the formulas of `cutis.imaging` (exposure, sharpness).

export type Gray = Float32Array;

/** Return the sRGB-encoded luma, 0–255. */
export function toGray(rgba: Uint8ClampedArray): Gray {
  const gray = new Float32Array(rgba.length / 4);
  for (let i = 0; i < gray.length; i += 1) {
    const at = 4 * i;
    gray[i] = 0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0);
  }
  return gray;
}

export function quantile(values: Gray, share: number): number {
  if (!values.length) return 0;
  const sorted = values.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** What the lightest parts of the face reach, 0–255: a low value tells of too little light, not of dark skin. */
export const brightestLevel = (gray: Gray): number => quantile(gray, 0.98);

/** Return the share of pixels of which every channel is at or above `level`, 0–1. */
export function clippedShare(rgba: Uint8ClampedArray, level = 250): number {
  let clipped = 0;
  for (let i = 0; i < rgba.length; i += 4) {
    if (Math.min(rgba[i] ?? 0, rgba[i + 1] ?? 0, rgba[i + 2] ?? 0) >= level) clipped += 1;
  }
  return clipped / Math.max(1, rgba.length / 4);
}

/** Return the shared area of two normalised histograms over their common range, 0–1. */
export function histogramOverlap(a: Gray, b: Gray, bins = 32): number {
  if (!a.length || !b.length) return 0;
  const both = [...[a, b].map((one) => one.reduce((m, v) => Math.min(m, v), Infinity)),
    ...[a, b].map((one) => one.reduce((m, v) => Math.max(m, v), -Infinity))] as [number, number, number, number];
  const low = Math.min(both[0], both[1]);
  const high = Math.max(both[2], both[3]);
  if (high <= low) return 1;
  const counts = (values: Gray): Float64Array => {
    const found = new Float64Array(bins);
    for (const value of values) {
      const bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
      found[bin] = (found[bin] ?? 0) + 1 / values.length;
    }
    return found;
  };
  const other = counts(b);
  return counts(a).reduce((sum, share, i) => sum + Math.min(share, other[i] ?? 0), 0);
}

function blurOnce(gray: Gray, width: number, sigma: number): Gray {
  const radius = Math.ceil(3 * sigma);
  const raw = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const sum = raw.reduce((a, b) => a + b, 0);
  const kernel = raw.map((weight) => weight / sum);
  const height = gray.length / width;
  const pass = (source: Gray, lines: number, length: number, step: number, across: number): Gray => {
    const out = new Float32Array(source.length);
    const padded = new Float32Array(length + 2 * radius); // the ends are repeated
    for (let line = 0; line < lines; line += 1) {
      for (let i = 0; i < padded.length; i += 1) {
        padded[i] = source[line * across + Math.min(length - 1, Math.max(0, i - radius)) * step] ?? 0;
      }
      for (let i = 0; i < length; i += 1) {
        let value = 0;
        for (let k = 0; k < kernel.length; k += 1) value += (kernel[k] ?? 0) * (padded[i + k] ?? 0);
        out[line * across + i * step] = value;
      }
    }
    return out;
  };
  return pass(pass(gray, height, width, 1, width), width, height, width, 1);
}

function gradient(gray: Gray, width: number): Gray {
  const height = gray.length / width;
  const out = new Float32Array(gray.length);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      out[i] = Math.hypot(
        ((gray[i + 1] ?? 0) - (gray[i - 1] ?? 0)) / 2, ((gray[i + width] ?? 0) - (gray[i - width] ?? 0)) / 2,
      );
    }
  }
  return out;
}

/**
 * Return the Gaussian blur, in pixels, of the sharpest strong edges; null where there are none.
 *
 * An edge blurred by σ and blurred again by σ₀ loses gradient by √(σ² + σ₀²) / σ (Zhuo & Sim 2011,
 * doi:10.1016/j.patcog.2011.03.009): a ratio, so contrast and skin tone cancel.
 */
export function edgeBlurPx(gray: Gray, width: number): number | null {
  const again = 1.5;
  const once = blurOnce(gray, width, 0.5);
  const first = gradient(once, width);
  const second = gradient(blurOnce(once, width, again), width);
  const limit = quantile(first, 0.95);
  const ratios: number[] = [];
  let strength = 0;
  first.forEach((value, i) => {
    if (value < limit || value <= 0) return;
    strength += value;
    ratios.push(value / Math.max(second[i] ?? 0, 1e-3));
  });
  if (!ratios.length || strength / ratios.length < 2) return null;
  const blurs = Float32Array.from(ratios, (ratio) => again / Math.sqrt(Math.max(ratio ** 2 - 1, 1e-2)));
  // What was smoothed first and the width of the differences themselves (variance 1/3) are taken out.
  return Math.sqrt(Math.max(quantile(blurs, 0.25) ** 2 - 0.25 - 1 / 3, 0.01));
}
