// A clinician corrects a mask and grades otherwise; signed in with a passkey of a virtual device.
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { join } from 'node:path';
import { ARTEFACTS, FACE, cutis, serve, type Service } from './service';

const LOGIN = { CUTIS_SERVICE_LOGIN: 'true' };
let service: Service;
let doctor = '';

test.beforeAll(async () => {
  cutis('clinic', ['admin', 'init', '--name', 'Practice'], LOGIN);
  doctor = /password: (.+)/.exec(cutis('clinic', ['users', 'add', 'doctor', '--role', 'clinician', '--role', 'assistant'], LOGIN))?.[1]?.trim() ?? '';
  service = await serve('clinic', LOGIN);
});
test.afterAll(() => service.stop());

async function axe(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)).toEqual([]);
}

/** Ask the API as the page does, with its cookie and second word. */
async function ask(page: Page, method: string, path: string, body?: unknown): Promise<any> {
  const { csrf } = await (await page.request.get(`${service.url}/app/session`)).json();
  const headers = { 'X-Cutis-Csrf': csrf as string };
  const answer = await page.request.fetch(`${service.url}${path}`, { method, headers, ...(body === undefined ? {} : { data: body }) });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
  return answer.json();
}

test('sign in, add a patient, correct a mask, say why, agree in figures', async ({ page }) => {
  const device = await page.context().newCDPSession(page);
  await device.send('WebAuthn.enable');
  await device.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await page.goto(service.url);
  await axe(page);
  await page.getByLabel('User name').fill('doctor');
  await page.getByLabel('Password').fill(doctor);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Make a passkey' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Clinic');
  await axe(page);
  await page.getByLabel('Reference').fill('K-7');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('K-7');
  const person = page.url().split('/').at(-1) ?? '';
  const me = await ask(page, 'GET', '/v1/sessions/current');
  await ask(page, 'POST', `/v1/people/${person}/ties`, { user_id: me.user_id, relation: 'care' });
  for (const purpose of ['Assess photos', 'Compare over time']) {
    await page.getByRole('checkbox', { name: purpose }).click();
    await expect(page.getByRole('checkbox', { name: purpose })).toBeChecked();
  }
  await page.locator('input[type=file]').setInputFiles(FACE);
  await expect(page.locator('a[href^="#/review/"]').first()).toBeVisible();
  await axe(page);
  await page.goto(`${service.url}/#/clinic`);
  const row = page.locator('[data-row]').first();
  await row.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Review');
  const canvas = page.locator('canvas');
  await expect(canvas).toBeVisible();
  await expect.poll(() => canvas.evaluate((one: HTMLCanvasElement) => one.height)).toBeGreaterThan(300);
  await axe(page);
  await page.keyboard.press('1');
  await page.keyboard.press(']');
  await canvas.focus();
  for (const key of ['ArrowRight', ' ', 'Shift+ArrowRight', ' ']) await page.keyboard.press(key);
  await expect(page.getByText(/Overlap with the software/)).toBeVisible();
  await expect(page.getByRole('radio', { name: /Corrected/ })).toBeChecked();
  await page.screenshot({ path: join(ARTEFACTS, 'review.png'), fullPage: true });
  await page.getByLabel('Reason').fill('Shadow beside the nose.');
  await page.getByRole('button', { name: 'Save the review' }).click();
  await expect(page.getByText('both versions stay')).toBeVisible();
  await page.getByRole('button', { name: 'Sign the report' }).click();
  await expect(page).toHaveURL(/#\/result\//);
  const downloads: Record<string, string> = {};
  page.on('download', async (one) => {
    downloads[one.suggestedFilename()] = await one.path();
  });
  await page.getByRole('button', { name: 'Save signed report' }).click();
  await expect.poll(() => Object.keys(downloads).length).toBe(2);
  await page.goto(`${service.url}/#/verify`);
  await page.getByLabel('Report', { exact: true }).setInputFiles(downloads['signed-report.json'] ?? '');
  await page.getByLabel('Signature file').setInputFiles(downloads['signed-report.json.signature.json'] ?? '');
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  await expect(page.getByText(/^Verified/)).toBeVisible();
  await page.goto(`${service.url}/#/agreement`);
  await expect(page.getByText('Number of reviews: 1')).toBeVisible();
  await axe(page);
  const photos = await ask(page, 'GET', `/v1/people/${person}/photos`);
  expect(photos.items).toHaveLength(1);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
});
