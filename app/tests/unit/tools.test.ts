import { describe, expect, it } from 'vitest';
import { agreementOf, weightedKappa, wilson } from '../../src/clinic/agreement';
import { dice, emptyMask, fillPolygon, paintDisc, paintStroke, type Mask } from '../../src/clinic/mask';
import { centres, similarity } from '../../src/lib/align';
import { cutSize, faceCut, halves, tint } from '../../src/lib/pictures';
import { inOrder, levelOf } from '../../src/lib/scores';
import { across, bandPath, seriesOf } from '../../src/lib/timeline';
import { CONDITIONS, type Assessment, type AssessmentRecord, type Review } from '../../src/lib/types';
import { clampView, zoomed } from '../../src/lib/zoom';

const show = (mask: Mask): string[] =>
  Array.from({ length: mask.height }, (_, y) => [...mask.data.slice(y * mask.width, (y + 1) * mask.width)].map((on) => (on ? '#' : '.')).join(''));

describe('masks', () => {
  it('a disc', () => {
    const mask = emptyMask(5, 5);
    paintDisc(mask, { x: 2.5, y: 2.5 }, 1.5, 1);
    expect(show(mask)).toEqual(['.....', '.###.', '.###.', '.###.', '.....']);
    paintDisc(mask, { x: 2.5, y: 2.5 }, 0.6, 0);
    expect(show(mask)[2]).toBe('.#.#.');
  });
  it('a stroke has no gaps', () => {
    const mask = emptyMask(12, 3);
    paintStroke(mask, { x: 1, y: 1.5 }, { x: 11, y: 1.5 }, 1, 1);
    expect(show(mask)[1]).toMatch(/^#{12}$/);
  });
  it('a polygon', () => {
    const mask = emptyMask(6, 4);
    fillPolygon(mask, [{ x: 1, y: 1 }, { x: 5, y: 1 }, { x: 5, y: 3 }, { x: 1, y: 3 }], 1);
    expect(show(mask)).toEqual(['......', '.####.', '.####.', '......']);
  });
  it('overlap', () => {
    const [a, b] = [emptyMask(4, 1), emptyMask(4, 1)];
    expect(dice(a, b)).toBeNull();
    a.data.set([1, 1, 0, 0]);
    b.data.set([0, 1, 1, 0]);
    expect(dice(a, b)).toBe(0.5);
  });
});

describe('agreement', () => {
  it('Wilson: 8 of 10', () => {
    const found = wilson(8, 10);
    expect(found?.low).toBeCloseTo(0.4902, 3);
    expect(found?.high).toBeCloseTo(0.9433, 3);
    expect(wilson(0, 0)).toBeNull();
  });
  it('kappa: perfect, none by chance, undefined', () => {
    expect(weightedKappa([[0, 0], [1, 1], [3, 3]])).toBe(1);
    expect(weightedKappa([[0, 0], [0, 1], [1, 0], [1, 1]])).toBeCloseTo(0);
    expect(weightedKappa([[2, 2], [2, 2]])).toBeNull();
  });
  it('reviews together', () => {
    const review = (judgement: Review['judgement'], grades = {}): Review => ({ id: '', judgement, reason: '', changes: { grades }, files: [], created_at: '' });
    const found = agreementOf([
      { reviews: [review('validated')], grades: { CEA: 2 } },
      { reviews: [review('overridden', { CEA: { from: 3, to: 1 } })], grades: { CEA: 3 } },
    ]);
    expect(found.reviews).toBe(2);
    expect(found.validated?.share).toBe(0.5);
    expect(found.grades['CEA']).toMatchObject({ n: 2, difference: -1 });
  });
});

it('a similarity is found again', () => {
  const from = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 3, y: 8 }];
  const [a, b] = [1.2, 0.3];
  const to = from.map(({ x, y }) => ({ x: a * x - b * y + 5, y: b * x + a * y - 7 }));
  const found = similarity(from, to);
  for (const [name, value] of Object.entries({ a, b, x: 5, y: -7 })) expect(found[name as 'a']).toBeCloseTo(value, 9);
  expect(similarity([], [])).toMatchObject({ a: 1, b: 0 });
});

it('regions have centres', () => {
  const data = new Uint8ClampedArray(4 * 20 * 20);
  for (let y = 4; y < 12; y += 1) for (let x = 6; x < 14; x += 1) data[4 * (y * 20 + x)] = 1;
  const found = centres({ data, width: 20, height: 20 } as ImageData);
  expect(found.forehead).toEqual({ x: 9, y: 7 });
  expect(found.chin).toBeUndefined();
});

it('the face is cut with room around it, inside the photo', () => {
  const document = { capture: { width_px: 1000, height_px: 800 }, face: { box_xyxy: [400, 200, 600, 450] } } as unknown as Assessment;
  const cut = faceCut(document);
  expect(cut.x).toBeLessThan(400);
  expect(cut.x + cut.width).toBeLessThanOrEqual(1000);
  expect(Math.max(...Object.values(cutSize(cut)))).toBeLessThanOrEqual(900);
});

it('a picture of before and after comes apart at its gap', () => {
  const [before, after] = halves({ width: 2 * 100 + 8, height: 120 } as ImageBitmap);
  expect([before.width, before.height, after.width, after.height]).toEqual([100, 120, 100, 120]);
});

it('a tint is as strong as the map, and silent where it is weak', () => {
  const out = tint(Uint8ClampedArray.from([10, 0, 0, 255, 200, 0, 0, 255]), [1, 2, 3]);
  expect([...out]).toEqual([1, 2, 3, 0, 1, 2, 3, 170]);
});

it('zooming keeps the point under the finger and the picture in its frame', () => {
  const view = zoomed({ zoom: 1, x: 0, y: 0 }, 2, 30, 40);
  expect(view).toEqual({ zoom: 2, x: -30, y: -40 });
  expect(clampView({ zoom: 0.5, x: 9, y: -900 }, 100, 100)).toEqual({ zoom: 1, x: 0, y: 0 });
});

const record = (id: string, at: string, value: number | null): AssessmentRecord => {
  const answer = value === null ? { value: null, code: 'too_coarse', reason: '' } : { value, interval: { low: value - 5, high: value + 5, level: 0.95 } };
  const scores = Object.fromEntries(CONDITIONS.map((one) => [one, one === 'acne' ? answer : { value: null, code: 'x', reason: '' }]));
  return { id, created_at: at, document: { scores } } as unknown as AssessmentRecord;
};

it('a series is in order of time, with its band', () => {
  const points = seriesOf([record('b', '2026-02-01T00:00:00Z', 20), record('c', '2026-03-01T00:00:00Z', null), record('a', '2026-01-01T00:00:00Z', 10)], 'acne');
  expect(points.map((one) => one.id)).toEqual(['a', 'b']);
  expect(across(points)).toEqual([0, 1]);
  expect(bandPath(points, [0, 1], 100, 100)).toBe('M0.0,85.0L100.0,75.0L100.0,85.0L0.0,95.0Z');
  expect(bandPath([], [], 1, 1)).toBe('');
});

it('scores are put in order and in words', () => {
  expect(inOrder(record('a', '', 10).document).measured).toEqual(['acne']);
  const limits: [number, string][] = [[60, 'pronounced'], [30, 'noticeable'], [10, 'slight'], [0, 'barely']];
  expect([levelOf(29.6, limits), levelOf(9.4, limits), levelOf(99, limits)]).toEqual(['noticeable', 'barely', 'pronounced']);
});
