// A clinician corrects a mask and grades otherwise; signed in with a passkey of a virtual device.
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { join } from 'node:path';
import { ARTEFACTS, FACE, LOOKS, axe, cutis, dress, judge, newPlace, serve, type Service } from './service';

const LOGIN = { CUTIS_SERVICE_LOGIN: 'true' };
let service: Service;
interface User { name: string; id: string; password: string }
let doctor: User;
let colleague: User;
let boss: User;
let pages: [string, string][] = [];
test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  const place = newPlace('clinic');
  const add = (name: string, ...roles: string[]): User => {
    const said = cutis(place, ['users', 'add', name, ...roles.flatMap((one) => ['--role', one])], LOGIN);
    return { name, id: /user: (\S+)/.exec(said)?.[1] ?? '', password: /password: (.+)/.exec(said)?.[1]?.trim() ?? '' };
  };
  cutis(place, ['admin', 'init', '--name', 'Practice'], LOGIN);
  doctor = add('doctor', 'clinician', 'assistant');
  colleague = add('colleague', 'clinician', 'assistant');
  boss = add('boss', 'admin', 'auditor');
  service = await serve(place, LOGIN);
});
test.afterAll(() => service.stop());

/** Ask the API as the page does, with its cookie and second word. */
async function ask(page: Page, method: string, path: string, body?: unknown): Promise<any> {
  const { csrf } = await (await page.request.get(`${service.url}/app/session`)).json();
  const headers = { 'X-Cutis-Csrf': csrf as string };
  const answer = await page.request.fetch(`${service.url}${path}`, { method, headers, ...(body === undefined ? {} : { data: body }) });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
  return answer.json();
}

/** Sign in with the password, and make the passkey that some roles want. */
async function signIn(page: Page, user: User): Promise<void> {
  const device = await page.context().newCDPSession(page);
  await device.send('WebAuthn.enable');
  await device.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await page.goto(service.url);
  await page.getByLabel('User name').fill(user.name);
  await page.getByLabel('Password').fill(user.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Make a passkey' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Clinic');
}

test('sign in, add a patient, correct a mask, say why, agree in figures', async ({ page }) => {
  await page.goto(service.url);
  await axe(page);
  await signIn(page, doctor);
  await axe(page);
  await page.getByLabel('Reference').fill('K-7');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('K-7');
  const person = page.url().split('/').at(-1) ?? '';
  for (const { id } of [doctor, colleague]) await ask(page, 'POST', `/v1/people/${person}/ties`, { user_id: id, relation: 'care' });
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
  const review = (await ask(page, 'GET', `/v1/people/${person}/assessments`)).items[0].id as string;
  pages = [['/clinic', 'clinic'], [`/patient/${person}`, 'patient'], [`/review/${review}`, 'review'], [`/result/${review}`, 'clinic-result'], [`/history/${person}`, 'clinic-history'], ['/agreement', 'agreement'], ['/verify', 'clinic-verify']];
  await page.goto(`${service.url}/#/agreement`);
  await expect(page.getByText('Number of reviews: 1')).toBeVisible();
  await axe(page);
  const photos = await ask(page, 'GET', `/v1/people/${person}/photos`);
  expect(photos.items).toHaveLength(1);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
});

test('every page of the clinic in both directions of writing, light and dark', async ({ browser }) => {
  test.setTimeout(30 * 60_000);
  const outside = await browser.newContext();
  await judgeAll(outside, [['/', 'sign-in']]);
  await outside.close();
  const office: [string, string][] = [['/clinic', 'clinic-office'], ['/users', 'users'], ['/audit', 'clinic-audit']];
  for (const [user, paths] of [[boss, office], [colleague, pages]] as const) {
    const context = await browser.newContext();
    await signIn(await context.newPage(), user);
    await judgeAll(context, paths);
    await context.close();
  }
});

async function judgeAll(context: BrowserContext, paths: [string, string][]): Promise<void> {
  for (const look of LOOKS) {
    const page = await context.newPage();
    await dress(page, look);
    for (const [path, name] of paths) await judge(page, service.url, path, name, look);
    await page.close();
  }
}
