// What the camera page needs, packed, and the digest of the sources; for `build.mjs`.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const app = fileURLToPath(new URL('..', import.meta.url));
const target = join(app, '..', 'src', 'cutis', 'service', 'web', 'static');
const vision = join(app, 'node_modules', '@mediapipe', 'tasks-vision', 'wasm');

function walk(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

const sha256 = (data) => createHash('sha256').update(data);

export function sourcesDigest() {
  const named = ['index.html', 'package.json', 'package-lock.json', 'vite.config.ts'];
  const paths = [
    ...named.map((name) => join(app, name)),
    ...['src', 'public', 'scripts'].flatMap((folder) => walk(join(app, folder))),
  ].map((path) => relative(app, path).split(sep).join('/'));
  const digest = createHash('sha256');
  for (const path of paths.sort((a, b) => (a < b ? -1 : 1))) {
    digest.update(`${path}\0`);
    digest.update(sha256(readFileSync(join(app, path))).digest());
  }
  return digest.digest('hex');
}

/** Pack the runtime of the face model; what is the same already is left as it is. */
export function packVision() {
  mkdirSync(join(target, 'vision'), { recursive: true });
  for (const name of ['vision_wasm_internal.js', 'vision_wasm_internal.wasm']) {
    const content = readFileSync(join(vision, name));
    const place = join(target, 'vision', `${name}.gz`);
    if (existsSync(place) && gunzipSync(readFileSync(place)).equals(content)) continue;
    writeFileSync(place, gzipSync(content, { level: 9 }));
  }
}

export function writeDigest() {
  const built = { sources_sha256: sourcesDigest() };
  writeFileSync(join(target, 'built-from.json'), `${JSON.stringify(built, null, 2)}\n`);
}

/** Take away what the last build made, but for the packed runtime. */
export function emptyTarget() {
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(target)) {
    if (name !== 'vision') rmSync(join(target, name), { recursive: true });
  }
}
