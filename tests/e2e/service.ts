// The real service, in a folder of its own.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..', '..');
export const FOLDER = process.env.CUTIS_E2E ?? '';
export const FACE = join(FOLDER, 'face.jpg');
export const ARTEFACTS = join(ROOT, 'app', 'artefacts');
const PYTHON = process.env.PYTHON ?? 'python3';

export interface Service { url: string; stop: () => void }

function environment(name: string, more: Record<string, string>): NodeJS.ProcessEnv {
  const place = join(FOLDER, name);
  mkdirSync(place, { recursive: true });
  mkdirSync(ARTEFACTS, { recursive: true });
  return {
    ...process.env, CUTIS_STORE_DIR: join(place, 'records'), CUTIS_STORE_KEYS_DIR: join(place, 'keys'),
    CUTIS_STORE_ROOT_KEY_FILE: join(place, 'root.key'), CUTIS_SERVICE_PORT: '0', CUTIS_SERVICE_WORKERS: '1',
    CUTIS_SHARED: '', CUTIS_E2E: '', CUTIS_E2E_SHORT: '', CUTIS_FAKE_CAMERA: '', CUTIS_SERVICE_SIGN_INS_PER_MINUTE: '600', ...more,
  };
}

function freePort(): Promise<number> {
  return new Promise((tell) => {
    const taken = createServer().listen(0, '127.0.0.1', () => {
      const { port } = taken.address() as { port: number };
      taken.close(() => tell(port));
    });
  });
}

/** Run a command of Cutis beside a service and return what it prints. */
export function cutis(name: string, words: string[], more: Record<string, string> = {}): string {
  const done = spawnSync(PYTHON, ['-m', 'cutis', ...words], { cwd: ROOT, env: environment(name, more), encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return done.stdout;
}

/** Start the service and wait until it tells its address. */
export async function serve(name: string, more: Record<string, string> = {}): Promise<Service> {
  // Passkeys are bound to the port that the settings name.
  const env = environment(name, { CUTIS_SERVICE_PORT: String(await freePort()), ...more });
  const child: ChildProcess = spawn(PYTHON, ['-u', '-m', 'cutis', 'serve'], { cwd: ROOT, env });
  const url = await new Promise<string>((tell, fail) => {
    let said = '';
    child.stdout?.on('data', (data: Buffer) => {
      said += data.toString();
      const found = /http:\/\/\S+/.exec(said);
      if (found) tell(found[0]);
    });
    child.stderr?.resume();
    child.on('exit', (code) => fail(new Error(`The service ended with ${code}: ${said}`)));
  });
  // Cookies and passkeys are of a name, not of an address.
  return { url: url.replace('127.0.0.1', 'localhost'), stop: () => child.kill() };
}
