// The app's figures from Chromium's own traces: first paint, size, long tasks, guidance on a slow processor.
// node scripts/figures.mjs URL OUT.json [SECONDS], with CUTIS_FAKE_CAMERA naming a film; the service runs alone.
import { chromium } from '@playwright/test';
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { CATEGORIES, bytes, firstPaint, tasks, traceOf } from './trace.mjs';

const [url, out, seconds = '12'] = process.argv.slice(2);
const SLOWER = 4;
const load = loadavg()[0];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${process.env.CUTIS_FAKE_CAMERA}`],
});

async function opened(slower) {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 844 }, serviceWorkers: 'block' })).newPage();
  const device = await page.context().newCDPSession(page);
  await device.send('Emulation.setCPUThrottlingRate', { rate: slower });
  return page;
}

async function traced(page, act) {
  await browser.startTracing(page, { categories: CATEGORIES });
  const told = await act();
  return [traceOf(await browser.stopTracing(), url), told];
}

async function firstView(slower) {
  const page = await opened(slower);
  const [trace] = await traced(page, async () => {
    await page.goto(url);
    await page.locator('h1').waitFor();
    await page.waitForLoadState('networkidle');
  });
  await page.context().close();
  return { first_contentful_paint_ms: firstPaint(trace), transferred_bytes: bytes(trace), ...tasks(trace) };
}

/** Chromium slows the page's own thread only; the worker is made to wait after each message as long as that would cost. */
const slowed = (factor) => `Object.defineProperty(self, 'onmessage', { set: (act) => self.addEventListener('message', (event) => {
  const started = performance.now();
  act(event);
  const until = started + ${factor} * (performance.now() - started);
  while (performance.now() < until);
}) });
`;

async function guidance(slower, worker) {
  const page = await opened(slower);
  if (worker) {
    await page.route('**/assets/worker-*.js', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: slowed(slower) + (await answer.text()) });
    });
  }
  await page.goto(`${url}/#/capture`);
  await page.locator('h1').waitFor();
  const agree = page.getByRole('button', { name: 'I agree' });
  const begin = page.getByRole('button', { name: 'Start the camera' });
  await agree.or(begin).first().waitFor();
  if (await agree.isVisible()) await agree.click();
  await begin.click();
  await page.getByRole('checkbox', { name: /by itself/ }).uncheck();
  const frames = () => page.locator('section[data-frames]').evaluate((one) => Number(one.dataset.frames));
  await page.waitForFunction(() => Number(document.querySelector('section[data-frames]').dataset.frames) > 4, null, { timeout: 120_000 });
  const [trace, seen] = await traced(page, async () => {
    const [before, started] = [await frames(), performance.now()];
    await page.waitForTimeout(1000 * Number(seconds));
    return ((await frames()) - before) / ((performance.now() - started) / 1000);
  });
  await page.context().close();
  return { frames_per_s: seen, ...tasks(trace), worker: tasks(trace, 'DedicatedWorker thread') };
}

const found = {
  browser: `Chromium ${browser.version()}`,
  processors: availableParallelism(),
  load,
  cpu_slowdown: SLOWER,
  watched_s: Number(seconds),
  first_view: { full_speed: await firstView(1), slowed: await firstView(SLOWER) },
  capture: {
    full_speed: await guidance(1, false), slowed: await guidance(SLOWER, false), slowed_with_worker: await guidance(SLOWER, true),
  },
};
await browser.close();
const rounded = JSON.parse(JSON.stringify(found, (_, value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value)));
writeFileSync(out, `${JSON.stringify(rounded, null, 2)}\n`);
console.log(JSON.stringify(rounded, null, 2));
