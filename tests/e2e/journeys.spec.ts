// A person's way through the app, in a real browser, against the real service.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { join } from 'node:path';
import { ARTEFACTS, FACE, LOOKS, SMALL, axe, dress, judge, newPlace, serve, type Service } from './service';

let service: Service;
let lenient: Service | undefined;
const PAGES = ['/', '/consent', '/photo', '/capture', '/history', '/privacy', '/verify', '/audit'];
let result = '';
let comparison = '';
const errors: string[] = [];

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  service = await serve(newPlace('alone'));
});
test.afterAll(() => {
  service.stop();
  lenient?.stop();
});
test.beforeEach(({ page }) => {
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (said) => {
    if (/Content.Security.Policy|Refused to/.test(said.text())) errors.push(said.text());
  });
});
test.afterEach(() => {
  expect(errors.splice(0)).toEqual([]);
});

async function open(page: Page, path: string): Promise<void> {
  await page.goto(`${service.url}/#${path}`);
  await expect(page.locator('h1')).toBeVisible();
}

test('no photo before consent; then upload, progress, result', async ({ page }) => {
  await open(page, '/photo');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Before the first photo');
  await axe(page);
  await page.getByRole('button', { name: 'I agree' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Choose a photo');
  await page.locator('input[type=file]').setInputFiles(FACE);
  await expect(page).toHaveURL(/#\/result\/\w+/);
  result = new URL(page.url()).hash.slice(1);
  await expect(page.getByRole('heading', { name: 'What we see' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'What we are not sure of' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'What you can do about the photo' })).toBeVisible();
  await expect(page.locator('.frame canvas').first()).toBeVisible();
  const headings = await page.getByRole('heading', { level: 2 }).allTextContents();
  expect(headings.indexOf('By place')).toBeGreaterThan(headings.indexOf('What we see'));
  const overlays = page.getByRole('group', { name: 'What is shown on the face' });
  await overlays.getByRole('button').nth(1).click();
  await expect(overlays.getByRole('button').nth(1)).toHaveAttribute('aria-pressed', 'true');
  await expect(page.locator('.frame canvas')).toHaveCount(2);
  await page.locator('.frame').focus();
  await page.keyboard.press('+');
  await expect(page.getByText('140 %')).toBeVisible();
  await page.locator('section[aria-labelledby=by-place] select').selectOption({ index: 1 });
  await axe(page);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as web page' }).click();
  expect((await saved).suggestedFilename()).toBe('cutis-report.html');
});

/** Have the page judge frames by other limits: nothing is ever good enough, or all that is no reason to refuse. */
async function goodFrom(page: Page, score: number): Promise<void> {
  await page.route('**/app/limits.json', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), good_from: score } });
  });
}

async function startCamera(page: Page): Promise<Locator> {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, '/capture');
  await page.getByRole('button', { name: 'Start the camera' }).focus();
  await page.keyboard.press('Enter');
  const booth = page.locator('section[data-guided]');
  await expect(booth).toHaveAttribute('data-guided', 'true');
  return booth;
}

/** Five were taken, and the sharpest of them is kept. */
async function fiveOneKept(booth: Locator): Promise<void> {
  await expect(booth).toHaveAttribute('data-phase', 'review');
  const blurs = ((await booth.getAttribute('data-burst')) ?? '').split(' ').map((one) => (one === 'null' ? Infinity : Number(one)));
  expect(blurs).toHaveLength(5);
  expect(blurs.indexOf(Math.min(...blurs))).toBe(Number(await booth.getAttribute('data-best')));
}

test.describe('the camera', () => {
  test.use({ serviceWorkers: 'block' }); // what a service worker fetches cannot be changed on its way

  test('the camera guides, takes five when asked, keeps one, and gives a result', async ({ page }) => {
    await goodFrom(page, 101);
    const booth = await startCamera(page);
    await expect(booth).not.toHaveAttribute('data-hint', 'no_face');
    await page.screenshot({ path: join(ARTEFACTS, 'capture-live.png') });
    await axe(page);
    await page.getByRole('button', { name: 'Take the photo', exact: true }).press('Enter');
    await fiveOneKept(booth);
    await axe(page);
    await page.getByRole('button', { name: 'Use this photo' }).press('Enter');
    await expect(page).toHaveURL(/#\/result\/\w+/);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  });

  test('when all is well the shutter fires by itself: five, and the sharpest kept', async ({ page }) => {
    // The film is of a photo that was not made for this; what would not be refused counts as good here.
    await goodFrom(page, 5);
    const booth = await startCamera(page);
    await expect(page.getByRole('checkbox', { name: /by itself/ })).toBeChecked();
    await fiveOneKept(booth);
    await expect(page.getByRole('img', { name: 'The sharpest of five photos' })).toBeVisible();
    await page.screenshot({ path: join(ARTEFACTS, 'capture-taken.png') });
  });
});

test('history and comparison', async ({ page }) => {
  await open(page, '/history');
  await expect(page.getByRole('heading', { name: 'All photos' })).toBeVisible();
  await axe(page);
  await page.getByRole('link', { name: 'Compare', exact: true }).click();
  await expect(page.locator('.pair canvas')).toHaveCount(2);
  comparison = new URL(page.url()).hash.slice(1);
  await axe(page);
  const changes = page.locator('section[aria-labelledby=changes]');
  await expect(changes.locator('tbody tr')).toHaveCount(10);
  await page.setViewportSize({ width: 390, height: 844 });
  await expect(changes.locator('li')).toHaveCount(10);
  await expect(changes.locator('table')).toHaveCount(0);
});

test('a small face: refused as it comes, unless little is asked of a photo', async ({ page }) => {
  await open(page, '/photo');
  await page.locator('input[type=file]').setInputFiles(SMALL);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This photo could not be measured');
  await expect(page.getByText('Move closer or use the rear camera.').first()).toBeVisible();
});

test('a small face: what was drawn larger, and that no score rests on it', async ({ page }) => {
  lenient = await serve(newPlace('lenient'), { CUTIS_QUALITY_STRICTNESS: 'lenient' });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${lenient.url}/#/photo`);
  await page.getByRole('button', { name: 'I agree' }).click();
  await page.locator('input[type=file]').setInputFiles(SMALL);
  const told = page.locator('section[aria-labelledby=enlarged]');
  await expect(told.getByText("every score is made of the photo's own pixels")).toBeVisible();
  await expect(told.locator('.pair canvas')).toHaveCount(2);
  await axe(page);
  await page.screenshot({ path: join(ARTEFACTS, 'small.png'), fullPage: true });
});

for (const look of LOOKS) {
  test(`pages: ${look.language}, ${look.scheme}, ${look.device}`, async ({ page }) => {
    await dress(page, look);
    for (const path of [...PAGES, result, comparison]) await judge(page, service.url, path, path.split('/')[1] || 'home', look);
  });
}

test('320 px wide: nothing is cut off', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of [...PAGES, result, comparison]) {
    await open(page, path);
    await page.waitForLoadState('networkidle');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(wide, path).toBeLessThanOrEqual(0);
  }
});

test('the keyboard alone reaches everything, and focus is seen', async ({ page }) => {
  await open(page, '/');
  const reached: string[] = [];
  for (let i = 0; i < 14; i += 1) {
    await page.keyboard.press('Tab');
    const told = await page.evaluate(() => {
      const at = document.activeElement as HTMLElement | null;
      return { tag: at?.tagName ?? '', name: at?.innerText || at?.tagName || '', outline: at ? getComputedStyle(at).outlineStyle : '' };
    });
    if (told.tag === 'BODY') break;
    reached.push(told.name.trim());
    if (told.tag !== 'BODY') expect(told.outline, told.name).not.toBe('none');
  }
  expect(reached[0]).toBe('Skip to the content');
  expect(reached).toContain('Use the camera');
  expect(reached).toContain('Choose a photo');
});

test('private mode keeps nothing', async ({ page }) => {
  await open(page, '/history');
  const items = page.locator('ul.plain li');
  await expect(items.first()).toBeVisible();
  const before = await items.count();
  await open(page, '/');
  await page.getByRole('checkbox', { name: /Private mode/ }).check();
  await page.getByRole('link', { name: 'Choose a photo' }).click();
  await page.locator('input[type=file]').setInputFiles(FACE);
  await expect(page.getByText('Not stored')).toBeVisible({ timeout: 40_000 });
  await expect(page.getByRole('heading', { name: 'What we see' })).toBeVisible();
  await page.goto(`${service.url}/#/history`);
  await expect(items).toHaveCount(before);
});

test('the shell opens without the service, and says so', async ({ page, context }) => {
  await open(page, '/');
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await page.waitForLoadState('networkidle');
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The service cannot be reached');
  await context.setOffline(false);
});

test('export, then erase, each in two taps', async ({ page }) => {
  await open(page, '/privacy');
  await page.getByRole('button', { name: 'Save everything' }).click();
  await axe(page);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save now' }).click();
  expect((await saved).suggestedFilename()).toBe('cutis-export.zip');
  await page.getByRole('button', { name: 'Erase everything' }).click();
  await page.getByRole('button', { name: 'Erase for good' }).click();
  await expect(page.getByText('Everything was erased.')).toBeVisible();
  await page.goto(`${service.url}/#/history`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Before the first photo');
});
