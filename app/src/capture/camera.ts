// The camera and the worker that looks at its frames; one frame is looked at at a time.
import type { Limits, Reading } from './guidance';

export interface Shot { blob: Blob; reading: Reading | null }
export interface Told {
  reading: (reading: Reading, at: number) => void;
  ready: () => void;
  failed: () => void;
}
const BURST = 5;
const BETWEEN_MS = 110;
/** Guidance needs no more; what is left of the processor belongs to the page. */
const LEAST_MS = 50;

export class Camera {
  #stream: MediaStream | null = null;
  #worker: Worker | null = null;
  #busy = false;
  #last = 0;
  #latest: Reading | null = null;
  #over = false;
  constructor(readonly video: HTMLVideoElement, readonly limits: Limits, readonly told: Told) {}

  async start(facing: 'user' | 'environment'): Promise<void> {
    this.#stream = await navigator.mediaDevices.getUserMedia({
      audio: false, video: { facingMode: facing, width: { ideal: 1920 }, height: { ideal: 1440 } },
    });
    this.video.srcObject = this.#stream;
    await this.video.play();
    this.#worker ??= this.#open();
    this.#over = false;
    requestAnimationFrame(() => void this.#frame());
  }

  #open(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    worker.onmessage = (event: MessageEvent<{ kind: string; reading: Reading; at: number }>): void => {
      this.#busy = false;
      if (event.data.kind === 'reading') {
        this.#latest = event.data.reading;
        this.told.reading(event.data.reading, event.data.at);
      } else if (event.data.kind === 'ready') this.told.ready();
      else this.told.failed();
    };
    worker.onerror = () => this.told.failed();
    worker.postMessage({ kind: 'start', signs: this.limits.expression_signs });
    this.#busy = true;
    return worker;
  }

  async #frame(): Promise<void> {
    if (this.#over) return;
    const now = performance.now();
    if (!this.#busy && now - this.#last >= LEAST_MS && this.video.readyState >= 2) {
      this.#busy = true;
      this.#last = now;
      // A video frame is handed on as it is; a bitmap must first be painted, on the page's own thread.
      const frame = 'VideoFrame' in window ? new VideoFrame(this.video) : await createImageBitmap(this.video);
      this.#worker?.postMessage({ kind: 'frame', frame, at: now }, [frame]);
    }
    requestAnimationFrame(() => void this.#frame());
  }

  /** Take five frames in the camera's own pixels, each with the reading nearest to it. */
  async burst(): Promise<Shot[]> {
    const shots: Shot[] = [];
    for (let i = 0; i < BURST; i += 1) {
      const canvas = new OffscreenCanvas(this.video.videoWidth, this.video.videoHeight);
      canvas.getContext('2d')?.drawImage(this.video, 0, 0);
      const reading = this.#latest;
      shots.push({ blob: await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 }), reading });
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
    return shots;
  }

  stop(): void {
    this.#over = true;
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#worker?.terminate();
    this.#worker = null;
  }
}
