// The real service, in a folder of its own, and what every journey asks of a page.
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..', '..');
export const FOLDER = process.env.CUTIS_E2E ?? '';
export const FACE = join(FOLDER, 'face.jpg');
export const SMALL = join(FOLDER, 'small.jpg');
export const ARTEFACTS = join(ROOT, 'app', 'artefacts');
const PYTHON = process.env.PYTHON ?? 'python3';

/** Every page has no violation that axe-core finds. */
export async function axe(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`), page.url()).toEqual([]);
}

export interface Look { language: string; direction: string; scheme: 'light' | 'dark'; device: string; width: number; height: number }
const LANGUAGES = [['en', 'ltr'], ['ar', 'rtl']] as const;
const DEVICES = [['phone', 390, 844], ['desk', 1280, 900]] as const;
/** Both directions of writing, light and dark, on a phone and a desk; in short each once. */
export const LOOKS: Look[] = LANGUAGES.flatMap(([language, direction]) =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    DEVICES.map(([device, width, height]) => ({ language, direction, scheme, device, width, height })),
  ),
).filter((one) => !process.env.CUTIS_E2E_SHORT ||
  ((one.language === 'en') === (one.scheme === 'light') && (one.scheme === 'light') === (one.device === 'phone')));

/** Dress the browser for a look. */
export async function dress(page: Page, look: Look): Promise<void> {
  await page.emulateMedia({ colorScheme: look.scheme, reducedMotion: 'reduce' });
  await page.setViewportSize({ width: look.width, height: look.height });
  await page.addInitScript((tag) => {
    if (location.protocol === 'http:') localStorage.setItem('cutis.language', tag);
  }, look.language);
}

/** Open a page anew, judge it, and keep its picture as NAME-LANGUAGE-SCHEME-DEVICE.png. */
export async function judge(page: Page, url: string, path: string, name: string, look: Look): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${url}/#${path}`);
  await expect(page.locator('h1')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('dir', look.direction);
  await page.waitForLoadState('networkidle');
  await axe(page);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide, `${path} is wider than the window`).toBeLessThanOrEqual(0);
  await page.screenshot({ path: join(ARTEFACTS, `${name}-${look.language}-${look.scheme}-${look.device}.png`), fullPage: true });
}

export interface Service { url: string; stop: () => void }

/** Make a new folder for the records of a service; each run of a file has its own. */
export const newPlace = (name: string): string => mkdtempSync(join(FOLDER, `${name}-`));

function environment(place: string, more: Record<string, string>): NodeJS.ProcessEnv {
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
export function cutis(place: string, words: string[], more: Record<string, string> = {}): string {
  const done = spawnSync(PYTHON, ['-m', 'cutis', ...words], { cwd: ROOT, env: environment(place, more), encoding: 'utf8' });
  if (done.status !== 0) throw new Error(done.stderr);
  return done.stdout;
}

/** Start the service with its records in `place` and wait until it tells its address. */
export async function serve(place: string, more: Record<string, string> = {}): Promise<Service> {
  // Passkeys are bound to the port that the settings name.
  const env = environment(place, { CUTIS_SERVICE_PORT: String(await freePort()), ...more });
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
