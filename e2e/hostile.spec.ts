import { expect, test, type Page } from '@playwright/test';

const BASE = `http://localhost:${process.env.FIGMENT_E2E_PORT ?? 8123}`;
const PASSWORD = 'four words nobody joins';

/** What a browser would run, were it ever read as anything but words (OWASP's cheat sheet on evading filters of cross-site scripting). */
const SCRIPTS = [
  `<script>window.ran=1</script>`,
  `<img src=x onerror=window.ran=1>`,
  `"><svg onload=window.ran=1>`,
  `'-window.ran=1-'`,
  `javascript:window.ran=1`,
  `{{constructor.constructor('window.ran=1')()}}`,
  `</title><script>window.ran=1</script>`,
];

async function nothingRan(page: Page, where: string): Promise<void> {
  await page.waitForLoadState('networkidle').catch(() => undefined);
  expect(await page.evaluate(() => 'ran' in window), where).toBe(false);
}

/** Sends JSON with the page's own session. */
async function send(page: Page, method: string, path: string, body: unknown): Promise<number> {
  return await page.evaluate(
    async ([verb, url, json]) =>
      (await fetch(url, { method: verb, headers: { 'content-type': 'application/json' }, body: json })).status,
    [method, path, JSON.stringify(body)] as const,
  );
}

test('words that would be scripts are words, wherever they are shown', async ({ browser }) => {
  const context = await browser.newContext({ baseURL: BASE });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.alert = () => Object.assign(window, { ran: 1 });
  });
  await page.goto('/sign-up');
  await page.getByLabel('A name to sign in with').fill(`hostile-${Date.now().toString(36)}`);
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign up with the password' }).click();
  await page.waitForURL('**/studio');

  await test.step('in every field that keeps words', async () => {
    for (const script of SCRIPTS) {
      expect(await send(page, 'PATCH', '/api/account', { name: script.slice(0, 60) })).toBe(200);
      expect(await send(page, 'POST', '/api/tokens', { name: script.slice(0, 60) })).toBe(201);
      expect(await send(page, 'POST', '/api/studio/collections', { name: script })).toBe(201);
      expect(
        await send(page, 'POST', '/api/studio/generations', { prompt: script, negative_prompt: script, steps: 1 }),
      ).toBe(202);
    }
  });

  await test.step('on every page that shows them', async () => {
    await page.goto('/studio');
    await expect(
      page
        .getByRole('article')
        .first()
        .getByRole('link', { name: /^Open / }),
    ).toBeVisible({
      timeout: 60_000,
    });
    await nothingRan(page, 'the wall');
    await page.getByRole('button', { name: 'Collections', exact: true }).click();
    await expect(page.getByRole('menuitem', { name: /onerror/ }).first()).toBeVisible();
    await nothingRan(page, 'the collections');
    await page.keyboard.press('Escape');
    await page
      .getByRole('link', { name: /^Open / })
      .first()
      .click();
    await expect(page.getByRole('dialog').getByRole('table')).toBeVisible();
    await nothingRan(page, 'the details');
    await page.goto('/account');
    await expect(page.getByRole('heading', { name: 'API tokens' })).toBeVisible();
    await nothingRan(page, 'the account');
  });

  await test.step('and in addresses', async () => {
    for (const path of [
      `/sign-in?failed=${encodeURIComponent(SCRIPTS[1] ?? '')}`,
      `/studio?q=${encodeURIComponent(SCRIPTS[2] ?? '')}`,
      `/sign-up#${SCRIPTS[1] ?? ''}`,
      `/${encodeURIComponent(SCRIPTS[0] ?? '')}`,
      `/docs/errors/${encodeURIComponent(SCRIPTS[0] ?? '')}`,
      `/api/${encodeURIComponent(SCRIPTS[0] ?? '')}`,
    ]) {
      await page.goto(path);
      await nothingRan(page, path);
    }
  });

  await test.step('a picture that is a script is none', async () => {
    const status = await page.evaluate(async () => {
      const form = new FormData();
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';
      form.append('file', new Blob([svg], { type: 'image/png' }), 'a.png');
      return (await fetch('/api/images', { method: 'POST', body: form })).status;
    });
    expect(status).toBe(415);
  });
  await context.close();
});
