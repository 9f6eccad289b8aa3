import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { violationsIn } from './axe';

const DATA = process.env.FIGMENT_E2E_DATA ?? '';
const ROOT = join(__dirname, '..');
const BUILT_IN = 'figment-1';
const TWIN = 'figment-twin';

/** A token of the first administrator, which the page sends with everything. */
const adminToken = (): string =>
  execFileSync(join(ROOT, '.venv/bin/figment'), ['admin', 'token', '--name', 'e2e'], {
    env: { ...process.env, FIGMENT_DATA: DATA },
    encoding: 'utf8',
  }).trim();

/** The built-in model under another name, put into the folder of models of the server that runs. */
function putTwin(): void {
  const folder = join(DATA, 'models', TWIN);
  cpSync(join(ROOT, 'figment/engine/builtin', BUILT_IN), folder, { recursive: true });
  const manifest = join(folder, 'model.json');
  const content = JSON.parse(readFileSync(manifest, 'utf8')) as object;
  writeFileSync(manifest, JSON.stringify({ ...content, name: TWIN, title: 'The twin' }));
}

async function load(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Load another model' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Load', exact: true }).click();
}

test('an administrator changes the model while everybody goes on', async ({ browser }) => {
  const admin = await browser.newContext({ extraHTTPHeaders: { Authorization: `Bearer ${adminToken()}` } });
  const page = await admin.newPage();
  const guest = await (await browser.newContext()).newPage();
  await guest.goto('/');
  await guest.getByRole('button', { name: 'Settings', exact: true }).click();
  await expect(guest.getByLabel('Seed', { exact: true })).toBeVisible();
  await expect(guest.getByRole('button', { name: 'Load another…' })).toHaveCount(0);

  await page.goto('/');
  await page.getByRole('button', { name: 'Settings', exact: true }).click();
  await page.getByRole('button', { name: 'Load another…' }).click();
  await load(page, 'nothing');
  await expect(page.getByText(/'nothing' is not installed here/)).toBeVisible();
  const violations = await violationsIn(page);
  expect(violations).toEqual([]);

  putTwin();
  await load(page, TWIN);
  await expect(page.getByText(`${TWIN} is ready.`)).toBeVisible({ timeout: 60_000 });
  // Nobody has to read the page again.
  await expect(guest.getByRole('combobox', { name: 'Model' })).toHaveValue('The twin');
  await guest.getByLabel('Prompt', { exact: true }).fill('A lighthouse on a cliff');
  await guest.getByRole('button', { name: 'Generate' }).click();
  await expect(guest.getByRole('link', { name: /^Open / }).first()).toBeVisible({ timeout: 60_000 });

  await load(page, BUILT_IN);
  await expect(page.getByText(`${BUILT_IN} is ready.`)).toBeVisible({ timeout: 60_000 });
  await expect(guest.getByRole('combobox', { name: 'Model' })).not.toHaveValue('The twin');
  await admin.close();
});
