// The face model, off the page's own thread: frames come in, readings go out.
import { FaceLandmarker, FilesetResolver } from '@mediapipe/tasks-vision';
import { boxOf, readingOf, type Mark, type Patch } from './reading';

export type ToWorker = { kind: 'start'; signs: string[] } | { kind: 'frame'; frame: ImageBitmap; at: number };

const LIGHT_PX = 96;
const NEAR_PX = 200;
let model: FaceLandmarker | null = null;
let signs: string[] = [];
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

function look(frame: ImageBitmap, at: number): void {
  if (!model) {
    frame.close();
    return;
  }
  const found = model.detectForVideo(frame, at);
  const marks = found.faceLandmarks[0] as Mark[] | undefined;
  const reading = readingOf(
    {
      faces: found.faceLandmarks as Mark[][],
      matrix: found.facialTransformationMatrixes[0]?.data ?? null,
      signs: Object.fromEntries((found.faceBlendshapes[0]?.categories ?? []).map((one) => [one.categoryName, one.score])),
    },
    { width: frame.width, height: frame.height },
    marks ? facePatch(frame, marks) : null,
    marks ? eyePatch(frame, marks) : null,
    signs,
  );
  frame.close();
  self.postMessage({ kind: 'reading', reading, at });
}

function facePatch(frame: ImageBitmap, marks: Mark[]): Patch | null {
  if (!small) return null;
  const box = boxOf(marks);
  const [x, y] = [box.x0 * frame.width, box.y0 * frame.height];
  small.drawImage(frame, x, y, (box.x1 - box.x0) * frame.width, (box.y1 - box.y0) * frame.height, 0, 0, LIGHT_PX, LIGHT_PX);
  return { data: small.getImageData(0, 0, LIGHT_PX, LIGHT_PX).data, width: LIGHT_PX };
}

/** Cut the nearer eye out in the camera's own pixels: lashes and lid are the sharpest edges of a face. */
function eyePatch(frame: ImageBitmap, marks: Mark[]): Patch | null {
  const eye = marks[468];
  if (!near || !eye) return null;
  const [x, y] = [Math.round(eye.x * frame.width - NEAR_PX / 2), Math.round(eye.y * frame.height - NEAR_PX / 4)];
  near.drawImage(frame, x, y, NEAR_PX, NEAR_PX / 2, 0, 0, NEAR_PX, NEAR_PX / 2);
  return { data: near.getImageData(0, 0, NEAR_PX, NEAR_PX / 2).data, width: NEAR_PX };
}
