// Pictures of a result: the face cut out of the photo, and maps tinted over it.
import { blobOf } from './api';
import type { Assessment } from './types';

export interface Cut { x: number; y: number; width: number; height: number; scale: number }
const MOST_PX = 900;
const MARGIN = 0.22;

/** Return the part of the photo that shows the face, and the scale that it is drawn at. */
export function faceCut(document: Assessment, most = MOST_PX): Cut {
  const { width_px, height_px } = document.capture;
  const box = document.face?.box_xyxy ?? [0, 0, width_px, height_px];
  const margin = document.face ? MARGIN * Math.max(box[2] - box[0], box[3] - box[1]) : 0;
  const x = Math.max(0, Math.floor(box[0] - margin));
  const y = Math.max(0, Math.floor(box[1] - margin * 1.2));
  const width = Math.min(width_px, Math.ceil(box[2] + margin)) - x;
  const height = Math.min(height_px, Math.ceil(box[3] + margin * 0.8)) - y;
  return { x, y, width, height, scale: Math.min(2, most / Math.max(width, height)) };
}

export const cutSize = (cut: Cut): { width: number; height: number } => ({
  width: Math.max(1, Math.round(cut.width * cut.scale)),
  height: Math.max(1, Math.round(cut.height * cut.scale)),
});

/** Draw a part of a picture on a canvas of its own. */
export function drawCut(picture: ImageBitmap, cut: Cut, smooth = true): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, cutSize(cut));
  const brush = canvas.getContext('2d', { willReadFrequently: true });
  if (brush) {
    brush.imageSmoothingEnabled = smooth;
    brush.imageSmoothingQuality = 'high';
    brush.drawImage(
      picture, cut.x, cut.y, cut.width, cut.height, 0, 0, canvas.width, canvas.height,
    );
  }
  return canvas;
}

const GAP_PX = 8;

/** Return the two halves of a picture that shows a face before and after, with a gap between them. */
export function halves(picture: ImageBitmap): [HTMLCanvasElement, HTMLCanvasElement] {
  const width = Math.floor((picture.width - GAP_PX) / 2);
  const scale = Math.min(1, MOST_PX / Math.max(width, picture.height));
  const half = (x: number): HTMLCanvasElement => drawCut(picture, { x, y: 0, width, height: picture.height, scale });
  return [half(0), half(picture.width - width)];
}

/** Turn a grey map (0–255) into a tint whose strength is the map's; weak noise is left out. */
export function tint(grey: Uint8ClampedArray, colour: readonly [number, number, number]): Uint8ClampedArray {
  const out = new Uint8ClampedArray(grey.length);
  for (let i = 0; i < grey.length; i += 4) {
    const strength = grey[i] ?? 0;
    out[i] = colour[0];
    out[i + 1] = colour[1];
    out[i + 2] = colour[2];
    out[i + 3] = strength < 40 ? 0 : Math.min(200, strength * 0.85);
  }
  return out;
}

// Sky blue lies opposite to skin of every colour on the wheel, and reads with every colour vision.
export const TINT = [0, 163, 224] as const;

export async function pictureOf(blob: Blob): Promise<ImageBitmap> {
  return createImageBitmap(blob);
}

export async function fetchPicture(path: string): Promise<ImageBitmap> {
  return pictureOf(await blobOf(path));
}

/** Draw a map tinted, at the place and size of the face. */
export function tinted(map: ImageBitmap, cut: Cut): HTMLCanvasElement {
  const canvas = drawCut(map, cut);
  const brush = canvas.getContext('2d');
  if (brush) {
    const data = brush.getImageData(0, 0, canvas.width, canvas.height);
    data.data.set(tint(data.data, TINT));
    brush.putImageData(data, 0, 0);
  }
  return canvas;
}

/** Save bytes as a file of this name. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
