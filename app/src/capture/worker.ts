// The face model, off the page's own thread: frames come in, readings go out.
import { FaceLandmarker, FilesetResolver } from '@mediapipe/tasks-vision';
import { boxOf, readingOf, type Mark, type Patch } from './reading';

export type Frame = VideoFrame | ImageBitmap;
export type ToWorker = { kind: 'start'; signs: string[] } | { kind: 'frame'; frame: Frame; at: number };

/** The model sees a face in 256 px; a frame of more than this only costs it time. */
const WHOLE_PX = 640;
const LIGHT_PX = 96;
const NEAR_PX = 200;
let model: FaceLandmarker | null = null;
let signs: string[] = [];
// A video frame is painted once; what is wanted of it is cut out of that.
const full = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
const whole = new OffscreenCanvas(WHOLE_PX, WHOLE_PX).getContext('2d', { willReadFrequently: true });
const small = new OffscreenCanvas(LIGHT_PX, LIGHT_PX).getContext('2d', { willReadFrequently: true });
const near = new OffscreenCanvas(NEAR_PX, NEAR_PX / 2).getContext('2d', { willReadFrequently: true });

self.onmessage = (event: MessageEvent<ToWorker>): void => {
  if (event.data.kind === 'start') void start(event.data.signs);
  else look(event.data.frame, event.data.at);
};

async function start(wanted: string[]): Promise<void> {
  signs = wanted;
  try {
    const files = await FilesetResolver.forVisionTasks('/vision');
    model = await FaceLandmarker.createFromOptions(files, {
      baseOptions: { modelAssetPath: '/vision/face_landmarker.task', delegate: 'CPU' },
      runningMode: 'VIDEO',
      numFaces: 2,
      outputFaceBlendshapes: true,
      outputFacialTransformationMatrixes: true,
    });
    self.postMessage({ kind: 'ready' });
  } catch (error) {
    self.postMessage({ kind: 'failed', reason: String(error) });
  }
}

const sizeOf = (frame: Frame): { width: number; height: number } =>
  'displayWidth' in frame ? { width: frame.displayWidth, height: frame.displayHeight } : { width: frame.width, height: frame.height };

function look(frame: Frame, at: number): void {
  if (!model || !full || !whole) {
    frame.close();
    return;
  }
  const size = sizeOf(frame);
  fit(full.canvas, size);
  fit(whole.canvas, size, WHOLE_PX);
  full.drawImage(frame, 0, 0);
  frame.close();
  whole.drawImage(full.canvas, 0, 0, whole.canvas.width, whole.canvas.height);
  const found = model.detectForVideo(whole.canvas, at);
  const marks = found.faceLandmarks[0] as Mark[] | undefined;
  const reading = readingOf(
    {
      faces: found.faceLandmarks as Mark[][],
      matrix: found.facialTransformationMatrixes[0]?.data ?? null,
      signs: Object.fromEntries((found.faceBlendshapes[0]?.categories ?? []).map((one) => [one.categoryName, one.score])),
    },
    size,
    marks ? facePatch(whole.canvas, marks) : null,
    marks ? eyePatch(full.canvas, marks) : null,
    signs,
  );
  self.postMessage({ kind: 'reading', reading, at });
}

/** Give the canvas the frame's form; a canvas whose size is set anew is made anew. */
function fit(canvas: OffscreenCanvas, size: { width: number; height: number }, most = Infinity): void {
  const scale = Math.min(1, most / Math.max(size.width, size.height));
  const [width, height] = [Math.round(size.width * scale), Math.round(size.height * scale)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
}

function facePatch(seen: OffscreenCanvas, marks: Mark[]): Patch | null {
  if (!small) return null;
  const box = boxOf(marks);
  const [x, y] = [box.x0 * seen.width, box.y0 * seen.height];
  small.drawImage(seen, x, y, (box.x1 - box.x0) * seen.width, (box.y1 - box.y0) * seen.height, 0, 0, LIGHT_PX, LIGHT_PX);
  return { data: small.getImageData(0, 0, LIGHT_PX, LIGHT_PX).data, width: LIGHT_PX };
}

/** Cut the nearer eye out in the camera's own pixels: lashes and lid are the sharpest edges of a face. */
function eyePatch(seen: OffscreenCanvas, marks: Mark[]): Patch | null {
  const eye = marks[468];
  if (!near || !eye) return null;
  const [x, y] = [Math.round(eye.x * seen.width - NEAR_PX / 2), Math.round(eye.y * seen.height - NEAR_PX / 4)];
  near.drawImage(seen, x, y, NEAR_PX, NEAR_PX / 2, 0, 0, NEAR_PX, NEAR_PX / 2);
  return { data: near.getImageData(0, 0, NEAR_PX, NEAR_PX / 2).data, width: NEAR_PX };
}
