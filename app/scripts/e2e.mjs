// Makes the fake camera's film, then runs the journeys.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const app = fileURLToPath(new URL('..', import.meta.url));
const browser = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(browser)) {
  console.log('The journeys need Chromium (Debian: apt install chromium), or its path in CHROMIUM; skipped.');
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'cutis-e2e-'));
const python = process.env.PYTHON ?? 'python3';
const run = (program, words, more = {}) =>
  spawnSync(program, words, { cwd: app, stdio: 'inherit', env: { ...process.env, PYTHON: python, ...more } }).status ?? 1;
let status = run(python, [join(app, '..', 'tests', 'e2e', 'film.py'), folder]);
if (status === 0) {
  status = run(join(app, 'node_modules', '.bin', 'playwright'), ['test', ...process.argv.slice(2)], {
    NODE_PATH: join(app, 'node_modules'), CUTIS_E2E: folder, CUTIS_FAKE_CAMERA: join(folder, 'face.y4m'),
  });
}
rmSync(folder, { recursive: true, force: true });
process.exit(status);
