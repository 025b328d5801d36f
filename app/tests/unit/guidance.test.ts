import { describe, expect, it } from 'vitest';
import { Shutter, bestShot, hintFor, rampScore, spread, type Limits, type Reading } from '../../src/capture/guidance';
import { brightestLevel, clippedShare, edgeBlurPx, histogramOverlap, toGray } from '../../src/capture/measure';
import { eyes, readingOf, turnOf, type Mark } from '../../src/capture/reading';

const ramp = (worst: number, ideal: number) => ({ worst, ideal, retake_below: 10, essential: false });
const limits: Limits = {
  inter_eye_px: ramp(20, 180), edge_blur_mm: ramp(1.6, 0.25), brightest_level: ramp(35, 150), clipped_share: ramp(0.25, 0),
  light_overlap: ramp(0, 0.75), turn_deg: ramp(75, 5), expression: ramp(1, 0.1), eye_closing: ramp(0.9, 0.25),
  mouth_opening: ramp(0.6, 0.05), inside_share: ramp(0.6, 1), good_from: 50, expression_signs: ['mouthSmileLeft'],
};
const good: Reading = {
  faces: 1, inter_eye_px: 180, inside_share: 1, face_share: 0.6, off_x: 0, off_y: 0, yaw_deg: 0, pitch_deg: 0, roll_deg: 0,
  brightest_level: 200, clipped_share: 0, light_overlap: 0.8, edge_blur_mm: 0.2, expression: 0, eye_closing: 0, mouth_opening: 0,
};

it('scores as the photo will be scored', () => {
  expect(rampScore(limits.inter_eye_px, 100)).toBeCloseTo(50);
  expect(rampScore(limits.clipped_share, 0.25)).toBe(0);
  expect(rampScore(limits.turn_deg, 0)).toBe(100);
});

describe('hints', () => {
  it.each([
    [null, 'no_face'], [{ faces: 0 }, 'no_face'], [{ faces: 2 }, 'many_faces'], [{ face_share: 0.95 }, 'back'],
    [{ inter_eye_px: 60 }, 'closer'], [{ off_x: 0.3 }, 'centre'], [{ yaw_deg: 25 }, 'straight'], [{ brightest_level: 60 }, 'dark'],
    [{ clipped_share: 0.2 }, 'bright'], [{ light_overlap: 0.1 }, 'uneven'], [{ eye_closing: 0.8 }, 'eyes'],
    [{ mouth_opening: 0.5 }, 'mouth'], [{ expression: 0.8 }, 'relax'], [{ edge_blur_mm: 1.4 }, 'blur'], [{}, 'hold'],
  ] as const)('%j gives %s', (change, hint) => {
    expect(hintFor(change && { ...good, ...change }, limits, 'front')).toBe(hint);
  });
  it('names the gravest first', () => {
    expect(hintFor({ ...good, brightest_level: 40, inter_eye_px: 50 }, limits, 'front')).toBe('closer');
  });
  it('asks for a turn that shows the side', () => {
    expect(hintFor(good, limits, 'subject_right')).toBe('turn_left');
    expect(hintFor({ ...good, yaw_deg: 35 }, limits, 'subject_right')).toBe('hold');
    expect(hintFor({ ...good, yaw_deg: 70 }, limits, 'subject_right')).toBe('turn_right');
    expect(hintFor({ ...good, yaw_deg: -35 }, limits, 'subject_left')).toBe('hold');
  });
});

it('the shutter waits, and begins anew after a break', () => {
  const shutter = new Shutter(1000);
  expect(shutter.see('hold', 0)).toBe(0);
  expect(shutter.see('hold', 500)).toBe(0.5);
  expect(shutter.see('blur', 600)).toBe(0);
  expect(shutter.see('hold', 700)).toBe(0);
  expect(shutter.see('hold', 1800)).toBe(1);
});

it('the sharpest of a burst is kept, and its spread told', () => {
  expect(bestShot([null, 0.5, 0.3, 0.4])).toBe(2);
  expect(bestShot([null, null])).toBe(0);
  expect(spread([100, 100, 100])).toBe(0);
  expect(spread([90, 110])).toBeCloseTo(Math.SQRT2 / 10, 5);
});

describe('measures', () => {
  it('light', () => {
    const rgba = Uint8ClampedArray.from([255, 255, 255, 255, 0, 0, 0, 255, 255, 0, 0, 255, 10, 10, 10, 255]);
    expect(clippedShare(rgba)).toBe(0.25);
    expect(toGray(rgba)[2]).toBeCloseTo(76.245, 2);
    expect(brightestLevel(Float32Array.from([1, 5, 9]))).toBe(9);
    const a = Float32Array.from([0, 1, 2, 3]);
    expect(histogramOverlap(a, a)).toBeCloseTo(1);
    expect(histogramOverlap(a, Float32Array.from([50, 51, 52]))).toBe(0);
  });

  it.each([0.8, 1.5, 2.5])('finds the blur of an edge: σ = %d', (sigma) => {
    const [width, height] = [64, 32];
    const erf = (x: number): number => Math.tanh(1.128379 * x + 0.100766 * x ** 3); // to 4e-4
    const gray = new Float32Array(width * height).map((_, i) => 100 + 80 * erf(((i % width) - 31.5) / (sigma * Math.SQRT2)));
    const found = edgeBlurPx(gray, width) ?? 0;
    expect(Math.abs(found - sigma) / sigma).toBeLessThan(0.25);
  });
  it('does not judge where there is no edge', () => {
    expect(edgeBlurPx(new Float32Array(400).fill(90), 20)).toBeNull();
  });
});

describe('readings', () => {
  const rotation = (deg: number): number[] => {
    const [c, s] = [Math.cos((deg * Math.PI) / 180), Math.sin((deg * Math.PI) / 180)];
    return [c, 0, -s, 0, 0, 1, 0, 0, s, 0, c, 0, 0, 0, 0, 1];
  };
  it('tells the turn of the head', () => {
    expect(turnOf(rotation(20)).yaw_deg).toBeCloseTo(20);
    expect(turnOf(rotation(-20)).yaw_deg).toBeCloseTo(-20);
  });
  it('tells distance and place of a face', () => {
    const marks: Mark[] = Array.from({ length: 478 }, (_, i) => ({ x: 0.4 + 0.2 * ((i % 10) / 9), y: 0.3 + 0.4 * (i / 477) }));
    [[474, 0.56, 0.45], [475, 0.55, 0.46], [476, 0.54, 0.45], [477, 0.55, 0.44],
     [469, 0.46, 0.45], [470, 0.45, 0.46], [471, 0.44, 0.45], [472, 0.45, 0.44]].forEach(([i, x, y]) => {
      marks[i as number] = { x: x as number, y: y as number };
    });
    expect(eyes(marks, 1000, 1000).inter_eye_px).toBeCloseTo(100, 5);
    expect(eyes(marks, 1000, 1000).mm_per_px).toBeCloseTo(11.7 / 20, 5);
    const reading = readingOf({ faces: [marks], matrix: null, signs: { mouthSmileLeft: 0.7, eyeBlinkLeft: 0.2 } }, { width: 1000, height: 1000 }, null, null, ['mouthSmileLeft']);
    expect(reading).toMatchObject({ faces: 1, inside_share: 1, expression: 0.7, eye_closing: 0.2, edge_blur_mm: null });
    expect(readingOf({ faces: [], matrix: null, signs: {} }, { width: 1, height: 1 }, null, null, []).faces).toBe(0);
  });
});
