// A person's way through the app, in a real browser, against the real service.
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { join } from 'node:path';
import { ARTEFACTS, FACE, serve, type Service } from './service';

let service: Service;
let result = '';
const errors: string[] = [];

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  service = await serve('alone');
});
test.afterAll(() => service.stop());
test.beforeEach(({ page }) => {
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (said) => {
    if (/Content.Security.Policy|Refused to/.test(said.text())) errors.push(said.text());
  });
});
test.afterEach(() => {
  expect(errors.splice(0)).toEqual([]);
});

async function axe(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)).toEqual([]);
}

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

test('the camera guides, takes five, keeps one, and gives a result', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, '/capture');
  await page.getByRole('button', { name: 'Start the camera' }).focus();
  await page.keyboard.press('Enter');
  const booth = page.locator('section[data-guided]');
  await expect(booth).toHaveAttribute('data-guided', 'true', { timeout: 30_000 });
  await expect(booth).not.toHaveAttribute('data-hint', 'no_face', { timeout: 20_000 });
  await page.screenshot({ path: join(ARTEFACTS, 'capture-live.png') });
  const shoot = page.getByRole('button', { name: 'Take the photo', exact: true });
  if (await shoot.isVisible()) await shoot.press('Enter').catch(() => undefined); // or it took itself
  await expect(page.getByRole('button', { name: 'Use this photo' })).toBeVisible({ timeout: 20_000 });
  await axe(page);
  await page.getByRole('button', { name: 'Use this photo' }).press('Enter');
  await expect(page).toHaveURL(/#\/result\/\w+/, { timeout: 40_000 });
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('history and comparison', async ({ page }) => {
  await open(page, '/history');
  await expect(page.getByRole('heading', { name: 'All photos' })).toBeVisible();
  await axe(page);
  const compare = page.getByRole('link', { name: 'Compare', exact: true });
  if (await compare.isVisible()) {
    await compare.click();
    await expect(page.locator('.pair canvas')).toHaveCount(2, { timeout: 20_000 });
    await axe(page);
    await page.screenshot({ path: join(ARTEFACTS, 'compare.png'), fullPage: true });
  }
});

for (const [language, direction] of [['en', 'ltr'], ['ar', 'rtl']] as const) {
  for (const scheme of ['light', 'dark'] as const) {
    for (const [device, width, height] of [['phone', 390, 844], ['desk', 1280, 900]] as const) {
      // In short: each of both languages once, light on a phone, dark on a desk.
      const short = (language === 'en') === (scheme === 'light') && (scheme === 'light') === (device === 'phone');
      if (process.env.CUTIS_E2E_SHORT && !short) continue;
      test(`pages: ${language}, ${scheme}, ${device}`, async ({ page }) => {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await page.setViewportSize({ width, height });
        await page.addInitScript((tag) => {
          if (location.protocol === 'http:') localStorage.setItem('cutis.language', tag);
        }, language);
        for (const path of ['/', '/consent', '/photo', '/capture', result, '/history', '/privacy', '/verify', '/audit']) {
          await page.goto('about:blank');
          await open(page, path);
          await expect(page.locator('html')).toHaveAttribute('dir', direction);
          await page.waitForLoadState('networkidle');
          await axe(page);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(wide, `${path} is wider than the window`).toBeLessThanOrEqual(0);
          const name = path.split('/')[1] || 'home';
          await page.screenshot({ path: join(ARTEFACTS, `${name}-${language}-${scheme}-${device}.png`), fullPage: true });
        }
      });
    }
  }
}

test('320 px wide: nothing is cut off', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  for (const path of ['/', '/consent', '/photo', '/capture', result, '/history', '/privacy', '/verify', '/audit']) {
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
