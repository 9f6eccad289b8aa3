import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { violationsIn } from './axe';

const DATA = process.env.FIGMENT_E2E_DATA ?? '';
const FIGMENT = join(__dirname, '..', '.venv/bin/figment');
const PASSWORD = 'four words nobody joins';
const PROMPT = 'A castle on a hill at sunset, pixel art';
// With this seed it is sharp enough to be recognised, which is what can be blocked.
const SEED = '1';
const CLEAN = [
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 390 },
  { colorScheme: 'light', width: 1440 },
  { colorScheme: 'dark', width: 1440 },
] as const;

const unique = (name: string) => `${name}-${Date.now().toString(36)}`;

async function newPage(browser: Browser): Promise<Page> {
  return await (await browser.newContext()).newPage();
}

/** Somebody with an account of just now. */
async function member(browser: Browser, name: string): Promise<Page> {
  const page = await newPage(browser);
  const answer = await page.request.post('/api/sign-up', {
    data: { username: unique(name.toLowerCase()), password: PASSWORD, name },
  });
  expect(answer.status()).toBe(201);
  return page;
}

/** Somebody whom the operator made a moderator, at the console. */
async function moderator(browser: Browser, name: string): Promise<Page> {
  const link = execFileSync(
    FIGMENT,
    ['admin', 'person', unique(name.toLowerCase()), '--name', name, '--role', 'moderator'],
    { env: { ...process.env, FIGMENT_DATA: DATA }, encoding: 'utf8' },
  );
  const page = await newPage(browser);
  const answer = await page.request.post('/api/reset', {
    data: { token: link.trim().split('#')[1], password: PASSWORD },
  });
  expect(answer.ok()).toBe(true);
  return page;
}

async function expectClean(page: Page, name: string): Promise<void> {
  for (const { colorScheme, width } of CLEAN) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
    const violations = await violationsIn(page);
    expect(violations, `${name} ${colorScheme} ${width}`).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  }
}

async function report(page: Page, link: string, words: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('button', { name: 'Report this picture' }).click();
  await page.getByRole('radio', { name: 'Violence or gore' }).check();
  await page.getByLabel('Anything that helps (optional)').fill(words);
  await page.getByRole('button', { name: 'Send the report' }).click();
  await expect(page.getByText('A moderator looks at it.')).toBeVisible();
}

/** Opens the case in the queue and claims it. */
async function claim(page: Page, line: RegExp): Promise<void> {
  await page.goto('/moderation');
  await page.getByRole('button', { name: line }).filter({ hasText: PROMPT }).click();
  await page.getByRole('button', { name: 'Claim it for half an hour' }).click();
  await expect(page.getByLabel('What the owner reads')).toBeVisible();
}

test('a shared picture is reported, hidden, refused, and back after an appeal', async ({ browser }) => {
  const ada = await member(browser, 'Ada');
  const mia = await moderator(browser, 'Mia');
  const mo = await moderator(browser, 'Mo');
  let link = '';
  let file = '';

  await test.step('Ada makes a picture and shares it', async () => {
    await ada.goto('/studio');
    await ada.getByLabel('Prompt', { exact: true }).fill(PROMPT);
    const settings = ada.getByRole('button', { name: 'Settings', exact: true });
    await settings.click();
    await ada.getByRole('textbox', { name: 'Seed' }).fill(SEED);
    await settings.click();
    await ada.getByRole('button', { name: 'Generate' }).click();
    await ada
      .getByRole('link', { name: /^Open / })
      .first()
      .click({ timeout: 60_000 });
    await ada.getByRole('button', { name: 'Share by link' }).click();
    link = (await ada.getByRole('link', { name: 'the link', exact: true }).getAttribute('href')) ?? '';
    expect(link).toMatch(/^\/shared\/[0-9a-f-]{36}$/);
    await expectClean(ada, 'a shared picture of mine');
  });

  await test.step('anybody with the link sees it, and what it says', async () => {
    const stranger = await newPage(browser);
    await stranger.goto(link);
    await expect(stranger.getByRole('heading', { level: 1 })).toHaveText(PROMPT);
    await expect(stranger.getByText('Prompted by Ada')).toBeVisible();
    file = (await stranger.locator('main img').getAttribute('src')) ?? '';
    await expectClean(stranger, 'the shared page');
    await stranger.getByRole('button', { name: 'Report this picture' }).click();
    await expect(stranger.getByRole('radio', { name: 'Spam' })).toBeVisible();
    await expectClean(stranger, 'the report');
    await stranger.context().close();
  });

  const original = await (await ada.request.get(file)).body();

  await test.step('three people report it, and it hides by itself', async () => {
    for (const name of ['Ben', 'Cleo', 'Dan']) {
      const reporter = await member(browser, name);
      await report(reporter, link, `${name} does not like it.`);
      await reporter.context().close();
    }
    const stranger = await newPage(browser);
    await stranger.goto(link);
    await expect(stranger.getByRole('heading', { name: 'Not here' })).toBeVisible();
    expect((await stranger.request.get(file)).status()).toBe(404);
    await stranger.context().close();
    // She is told where she is, without reading the page anew.
    await expect(ada.getByText('Nobody else sees this picture for now.')).toBeVisible();
    await ada.getByRole('button', { name: 'Close' }).click();
    await expect(ada.getByRole('button', { name: /^You, 1 notice/ })).toBeVisible();
  });

  await test.step('a moderator refuses it, and blocks what looks like it', async () => {
    await claim(mia, /Reported: violence or gore/);
    await expect(mia.getByText('Cleo does not like it.')).toBeVisible();
    await expectClean(mia, 'a case');
    await mia.getByRole('button', { name: 'Show the picture' }).click();
    await expect(mia.getByRole('img', { name: 'The picture that the case is about' })).toBeVisible();
    await mia.getByRole('button', { name: 'Refuse' }).click();
    await expect(mia.getByText('Say why: the owner reads it.')).toBeVisible();
    await mia.getByLabel('What the owner reads').fill('Castles frighten the hens.');
    await mia.getByLabel('Count it against them').check();
    await mia.getByLabel('Keep out all that looks like it').check();
    await mia.getByRole('button', { name: 'Refuse' }).click();
    await expect(mia.getByRole('dialog')).toHaveCount(0);
    await mia.getByRole('tab', { name: 'Block list' }).click();
    await expect(mia.getByText('Castles frighten the hens.').first()).toBeVisible();
    await expectClean(mia, 'the block list');
  });

  const upload = () =>
    ada.request.post('/api/images', {
      multipart: { file: { name: 'castle.png', mimeType: 'image/png', buffer: original } },
    });

  await test.step('Ada cannot bring it in again, sees why, and appeals', async () => {
    const refused = (await (await upload()).json()) as { code: string };
    expect(refused.code).toBe('image_blocked');
    await ada.goto('/studio');
    await expect(ada.getByRole('link', { name: 'See why' })).toBeVisible();
    await expectClean(ada, 'a refused tile');
    await ada.getByRole('link', { name: 'See why' }).click();
    await expect(ada.getByText('Refused by a moderator', { exact: true })).toBeVisible();
    await expect(ada.getByText('Castles frighten the hens.', { exact: true })).toBeVisible();
    await ada.getByRole('button', { name: 'Appeal' }).click();
    await ada.getByLabel('Why was this wrong?').fill('It is a picture of a castle. There are no hens in it.');
    await expectClean(ada, 'decisions');
    await ada.getByRole('button', { name: 'Send the appeal' }).click();
    await expect(ada.getByText('You have appealed.')).toBeVisible();
  });

  await test.step('who decided cannot decide again; another moderator grants it', async () => {
    await mia.goto('/moderation');
    await mia
      .getByRole('button', { name: /Appeal: violence or gore/ })
      .filter({ hasText: PROMPT })
      .click();
    await expect(mia.getByText('This is an appeal against your own decision.')).toBeVisible();
    await claim(mo, /Appeal: violence or gore/);
    await expect(mo.getByText('There are no hens in it.')).toBeVisible();
    await mo.getByLabel('What the owner reads').fill('Castles are welcome.');
    await mo.getByRole('button', { name: 'Grant the appeal' }).click();
    await expect(mo.getByRole('dialog')).toHaveCount(0);
    await expectClean(mo, 'the queue');
  });

  await test.step('the picture is back, everywhere it was', async () => {
    await expect(ada.getByText('Approved after your appeal')).toBeVisible();
    await ada.goto(link);
    await expect(ada.getByRole('heading', { level: 1 })).toHaveText(PROMPT);
    expect(await (await ada.request.get(file)).body()).toEqual(original);
    expect((await upload()).status()).toBe(201);
  });

  for (const page of [ada, mia, mo]) await page.context().close();
});

test('a prompt that is not made here says why where it was typed', async ({ page }) => {
  await page.goto('/studio');
  await page.getByLabel('Prompt', { exact: true }).fill('A swastika flag, heil hitler');
  await page.getByRole('button', { name: 'Generate' }).click();
  await expect(page.getByText('Praise of extremist groups and their deeds has no place here.').first()).toBeVisible();
  await expect(page.getByLabel('Prompt', { exact: true })).toBeFocused();
  await page.goto('/decisions');
  await expect(page.getByText('Refused by the rules')).toBeVisible();
});
