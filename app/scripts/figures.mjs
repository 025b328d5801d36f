// The app's figures from Chromium itself: first paint, size, long tasks, guidance on a slow processor.
// node scripts/figures.mjs URL OUT.json, with CUTIS_FAKE_CAMERA naming a film; the service runs alone.
import { chromium } from '@playwright/test';
import { writeFileSync } from 'node:fs';

const [url, out] = process.argv.slice(2);
const SLOWER = 4;
const WATCHED_S = 12;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${process.env.CUTIS_FAKE_CAMERA}`],
});

async function opened(slower) {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  const device = await page.context().newCDPSession(page);
  await device.send('Emulation.setCPUThrottlingRate', { rate: slower });
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((one) => one.duration)))
      .observe({ type: 'longtask', buffered: true });
  });
  return page;
}

async function firstView(slower) {
  const page = await opened(slower);
  await page.goto(url);
  await page.locator('h1').waitFor();
  await page.waitForTimeout(1500);
  const told = await page.evaluate(() => ({
    first_contentful_paint_ms: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
    transferred_bytes: [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .filter((one) => !one.name.includes('/v1/')).reduce((sum, one) => sum + one.encodedBodySize, 0),
    longest_task_ms: Math.max(0, ...window.longTasks),
    tasks_over_50_ms: window.longTasks.length,
  }));
  await page.context().close();
  return told;
}

async function guidance(slower) {
  const page = await opened(slower);
  await page.goto(`${url}/#/capture`);
  await page.locator('h1').waitFor();
  const agree = page.getByRole('button', { name: 'I agree' });
  if (await agree.isVisible()) await agree.click();
  await page.getByRole('button', { name: 'Start the camera' }).click();
  await page.locator('section[data-guided=true]').waitFor({ timeout: 60_000 });
  await page.getByRole('checkbox', { name: /by itself/ }).uncheck();
  await page.waitForTimeout(2000);
  const frames = () => page.locator('section[data-frames]').evaluate((one) => Number(one.dataset.frames));
  await page.evaluate(() => (window.longTasks = []));
  const [before, started] = [await frames(), Date.now()];
  await page.waitForTimeout(1000 * WATCHED_S);
  const seen = (await frames()) - before;
  const told = await page.evaluate(() => ({ longest_task_ms: Math.max(0, ...window.longTasks), tasks_over_50_ms: window.longTasks.length }));
  await page.context().close();
  return { frames_per_s: seen / ((Date.now() - started) / 1000), ...told };
}

const version = browser.version();
const found = {
  browser: `Chromium ${version}`,
  cpu_slowdown: SLOWER,
  first_view: { full_speed: await firstView(1), slowed: await firstView(SLOWER) },
  capture: { full_speed: await guidance(1), slowed: await guidance(SLOWER) },
};
await browser.close();
const rounded = JSON.parse(JSON.stringify(found, (_, value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value)));
writeFileSync(out, `${JSON.stringify(rounded, null, 2)}\n`);
console.log(rounded);
