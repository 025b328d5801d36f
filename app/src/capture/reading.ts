// From landmarks and pixels to a reading.
import type { Reading } from './guidance';
import { brightestLevel, clippedShare, edgeBlurPx, histogramOverlap, toGray } from './measure';

export interface Mark { x: number; y: number }
export interface Seen {
  faces: Mark[][];
  /** Column-major 4 × 4 of the first face. */
  matrix: ArrayLike<number> | null;
  signs: Record<string, number>;
}
export interface Patch { data: Uint8ClampedArray; width: number }

/** Diameter of the visible iris in mm, nearly the same in all adults. */
export const IRIS_MM = 11.7;
const LEFT_IRIS = [474, 475, 476, 477] as const;
const RIGHT_IRIS = [469, 470, 471, 472] as const;
const DEG = 180 / Math.PI;

export interface Turn { yaw_deg: number; pitch_deg: number; roll_deg: number }

/** Return the turn of a head; yaw is positive to the subject's left, pitch upwards. */
export function turnOf(m: ArrayLike<number>): Turn {
  const at = (i: number): number => m[i] ?? 0;
  return {
    yaw_deg: Math.atan2(at(8), at(10)) * DEG,
    pitch_deg: Math.asin(Math.max(-1, Math.min(1, at(9)))) * DEG,
    roll_deg: Math.atan2(at(1), at(5)) * DEG,
  };
}

export interface Box { x0: number; y0: number; x1: number; y1: number }

export function boxOf(marks: Mark[]): Box {
  const xs = marks.map((mark) => mark.x);
  const ys = marks.map((mark) => mark.y);
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
}

const middle = (marks: Mark[], at: readonly number[]): Mark => ({
  x: at.reduce((sum, i) => sum + (marks[i]?.x ?? 0), 0) / at.length,
  y: at.reduce((sum, i) => sum + (marks[i]?.y ?? 0), 0) / at.length,
});

/** Return the distance of the eyes and millimetres per pixel; marks are shares of the frame. */
export function eyes(marks: Mark[], width: number, height: number): { inter_eye_px: number; mm_per_px: number } {
  const far = (a: Mark, b: Mark): number => Math.hypot((a.x - b.x) * width, (a.y - b.y) * height);
  const iris = [LEFT_IRIS, RIGHT_IRIS].map(
    ([a, b, c, d]) => Math.max(far(marks[a] as Mark, marks[c] as Mark), far(marks[b] as Mark, marks[d] as Mark)),
  );
  const iris_px = Math.max(1, ((iris[0] ?? 0) + (iris[1] ?? 0)) / 2);
  return { inter_eye_px: far(middle(marks, LEFT_IRIS), middle(marks, RIGHT_IRIS)), mm_per_px: IRIS_MM / iris_px };
}

/** Put a reading together; `face` holds the face's box in few pixels, `near` the eyes in the camera's own. */
export function readingOf(
  seen: Seen, size: { width: number; height: number }, face: Patch | null, near: Patch | null, signs: string[],
): Reading {
  const marks = seen.faces[0] ?? [];
  const none: Reading = {
    faces: seen.faces.length, inter_eye_px: 0, inside_share: 0, face_share: 0, off_x: 0, off_y: 0, yaw_deg: 0,
    pitch_deg: 0, roll_deg: 0, brightest_level: 0, clipped_share: 0, light_overlap: null, edge_blur_mm: null,
    expression: 0, eye_closing: 0, mouth_opening: 0,
  };
  if (marks.length < 478) return none;
  const box = boxOf(marks);
  const inside = (low: number, high: number): number => Math.max(0, Math.min(1, high) - Math.max(0, low)) / Math.max(1e-6, high - low);
  const sign = (name: string): number => seen.signs[name] ?? 0;
  const { inter_eye_px, mm_per_px } = eyes(marks, size.width, size.height);
  const blur = near ? edgeBlurPx(toGray(near.data), near.width) : null;
  return {
    ...none,
    ...(seen.matrix ? turnOf(seen.matrix) : {}),
    inter_eye_px,
    inside_share: inside(box.x0, box.x1) * inside(box.y0, box.y1),
    face_share: box.y1 - box.y0,
    off_x: (box.x0 + box.x1) / 2 - 0.5,
    off_y: (box.y0 + box.y1) / 2 - 0.5,
    ...(face ? lightOf(face) : {}),
    edge_blur_mm: blur === null ? null : blur * mm_per_px,
    expression: Math.max(0, ...signs.map(sign)),
    eye_closing: Math.max(sign('eyeBlinkLeft'), sign('eyeBlinkRight')),
    mouth_opening: sign('jawOpen'),
  };
}

function lightOf(face: Patch): Pick<Reading, 'brightest_level' | 'clipped_share' | 'light_overlap'> {
  const gray = toGray(face.data);
  const half = (from: number, to: number): Float32Array => {
    const height = gray.length / face.width;
    const found: number[] = [];
    for (let y = Math.floor(height * 0.45); y < height * 0.75; y += 1) {
      for (let x = Math.floor(face.width * from); x < face.width * to; x += 1) found.push(gray[y * face.width + x] ?? 0);
    }
    return Float32Array.from(found);
  };
  return {
    brightest_level: brightestLevel(gray),
    clipped_share: clippedShare(face.data),
    light_overlap: histogramOverlap(half(0.12, 0.38), half(0.62, 0.88)),
  };
}
