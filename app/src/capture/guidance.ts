// What to change before the shot: readings of a frame against the limits that photos are judged by.

export interface Ramp { worst: number; ideal: number; retake_below: number; essential: boolean }
export interface Limits {
  inter_eye_px: Ramp;
  edge_blur_mm: Ramp;
  brightest_level: Ramp;
  clipped_share: Ramp;
  light_overlap: Ramp;
  turn_deg: Ramp;
  expression: Ramp;
  eye_closing: Ramp;
  mouth_opening: Ramp;
  inside_share: Ramp;
  good_from: number;
  expression_signs: string[];
}

export interface Reading {
  faces: number;
  inter_eye_px: number;
  inside_share: number;
  /** The face's height as a share of the frame's. */
  face_share: number;
  /** The face's middle, −0.5 to 0.5 from that of the frame. */
  off_x: number;
  off_y: number;
  yaw_deg: number;
  pitch_deg: number;
  roll_deg: number;
  brightest_level: number;
  clipped_share: number;
  light_overlap: number | null;
  edge_blur_mm: number | null;
  expression: number;
  eye_closing: number;
  mouth_opening: number;
}

export type View = 'front' | 'subject_left' | 'subject_right';
export const HINTS = [
  'no_face', 'many_faces', 'back', 'closer', 'centre', 'straight', 'turn_left', 'turn_right', 'dark', 'bright',
  'uneven', 'blur', 'eyes', 'mouth', 'relax', 'hold',
] as const;
export type Hint = (typeof HINTS)[number];

/** For a side view the head is turned so far, in degrees; the far eye is still seen. */
export const SIDE_DEG = [22, 50] as const;
const LARGEST_SHARE = 0.86;
const OFF_CENTRE = 0.16;

/** Return the score 0–100 of a raw value: 0 at `worst`, 100 at `ideal`, as `Ramp.score` in Python. */
export function rampScore(ramp: Ramp, raw: number): number {
  return 100 * Math.min(1, Math.max(0, (raw - ramp.worst) / (ramp.ideal - ramp.worst)));
}

/** Return the first thing to change, the gravest first; `hold` when all is well. */
export function hintFor(reading: Reading | null, limits: Limits, view: View): Hint {
  if (!reading || reading.faces === 0) return 'no_face';
  if (reading.faces > 1) return 'many_faces';
  const good = (name: keyof Limits & keyof Reading): boolean => {
    const raw = reading[name];
    return raw === null || rampScore(limits[name] as Ramp, raw) >= limits.good_from;
  };
  if (reading.face_share > LARGEST_SHARE || rampScore(limits.inside_share, reading.inside_share) < 90) return 'back';
  if (!good('inter_eye_px')) return 'closer';
  if (Math.hypot(reading.off_x, reading.off_y) > OFF_CENTRE) return 'centre';
  const turn = turnHint(reading, limits, view);
  if (turn) return turn;
  if (!good('brightest_level')) return 'dark';
  if (!good('clipped_share')) return 'bright';
  if (view === 'front' && !good('light_overlap')) return 'uneven';
  if (!good('eye_closing')) return 'eyes';
  if (!good('mouth_opening')) return 'mouth';
  if (!good('expression')) return 'relax';
  if (!good('edge_blur_mm')) return 'blur';
  return 'hold';
}

/** Yaw is positive when the subject has turned to their own left. */
function turnHint(reading: Reading, limits: Limits, view: View): Hint | null {
  if (view === 'front') {
    const turn = Math.max(Math.abs(reading.yaw_deg), Math.abs(reading.pitch_deg), Math.abs(reading.roll_deg) / 2);
    // Nearer to straight than a photo must be: a live face can still be turned.
    return rampScore(limits.turn_deg, turn) >= 85 ? null : 'straight';
  }
  const wanted = view === 'subject_right' ? reading.yaw_deg : -reading.yaw_deg;
  const [least, most] = SIDE_DEG;
  const further: Hint = view === 'subject_right' ? 'turn_left' : 'turn_right';
  const less: Hint = view === 'subject_right' ? 'turn_right' : 'turn_left';
  return wanted < least ? further : wanted > most ? less : null;
}

/** Fires once all has been well for `ms` without a break. */
export class Shutter {
  #since: number | null = null;
  constructor(readonly ms = 900) {}

  /** Return how far it is, 0–1; 1 is the moment to shoot. */
  see(hint: Hint, now: number): number {
    if (hint !== 'hold') {
      this.#since = null;
      return 0;
    }
    this.#since ??= now;
    return Math.min(1, (now - this.#since) / this.ms);
  }
  reset(): void {
    this.#since = null;
  }
}

/** Return the index of the sharpest shot; one without a reading counts last. */
export function bestShot(blurs: readonly (number | null)[]): number {
  return blurs.reduce<number>((best, blur, i) => ((blur ?? Infinity) < (blurs[best] ?? Infinity) ? i : best), 0);
}

/** Return the spread of the eyes' distance over a burst as a share of its mean: how still it was. */
export function spread(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return mean > 0 ? Math.sqrt(variance) / mean : 0;
}
