import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Locator, type Page } from '@playwright/test';

const SCREENS = [
  { name: 'phone', width: 390, height: 844 },
  { name: 'desktop', width: 1440, height: 900 },
];
const SCHEMES = ['light', 'dark'] as const;

const PROMPT = 'A blue boat on the sea at sunset';
const LONG_PROMPT = 'Snowy mountains under a full moon';

const made = (page: Page, prompt: string): Locator => page.getByRole('article', { name: prompt }).first();
const pictures = (within: Locator): Locator => within.getByRole('link', { name: /^Open / });
const settings = (page: Page): Locator => page.getByRole('button', { name: 'Settings', exact: true });

async function generate(page: Page, prompt: string): Promise<void> {
  await page.getByLabel('Prompt', { exact: true }).fill(prompt);
  await page.getByRole('button', { name: 'Generate' }).click();
}

async function pickCount(page: Page, words: string): Promise<void> {
  await page.getByRole('button', { name: /^Count/ }).click();
  await page.getByRole('menuitemradio', { name: words, exact: true }).click();
}

/** As many steps as the model takes, so that there is something to watch. */
async function pickMostSteps(page: Page): Promise<void> {
  const { items } = (await (await page.request.get('/api/models')).json()) as {
    items: { steps: { max: number } }[];
  };
  await settings(page).click();
  await page.getByRole('textbox', { name: 'Steps' }).fill(String(items[0]?.steps.max));
  await settings(page).click();
}

test('one sentence becomes a picture, and stays', async ({ page, context }) => {
  await test.step('an empty studio teaches, and an example fills the prompt', async () => {
    await page.goto('/');
    await page.getByRole('button', { name: PROMPT, exact: true }).click();
    await expect(page.getByLabel('Prompt', { exact: true })).toHaveValue(PROMPT);
    await expect(page.getByLabel('Prompt', { exact: true })).toBeFocused();
  });

  await test.step('the picture appears step by step', async () => {
    await pickMostSteps(page);
    await page.getByLabel('Prompt', { exact: true }).press('Control+Enter');
    await expect(made(page, PROMPT).getByRole('progressbar')).toBeVisible();
    await expect(made(page, PROMPT).locator('img[src^="data:image/"]')).toBeAttached();
    await expect(pictures(made(page, PROMPT))).toHaveCount(1, { timeout: 60_000 });
    await expect(page.getByRole('status').filter({ hasText: '1 picture ready.' })).toBeAttached();
  });

  await test.step('it is there after a reload', async () => {
    await page.reload();
    await expect(made(page, PROMPT).getByRole('img', { name: /./ })).toBeVisible();
  });

  await test.step('its details hold the recipe and the download', async () => {
    await pictures(made(page, PROMPT)).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('row', { name: /Seed \d+/ })).toBeVisible();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.png$/);
    const [recipe] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'Recipe' }).click(),
    ]);
    expect(recipe.suggestedFilename()).toMatch(/\.json$/);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  });

  await test.step('a long one can be cancelled', async () => {
    await pickCount(page, '8 pictures');
    await pickMostSteps(page);
    await generate(page, LONG_PROMPT);
    const last = made(page, LONG_PROMPT).getByRole('button', {
      name: 'Cancel picture 8 of 8',
    });
    await last.click();
    await expect(made(page, LONG_PROMPT).getByText('Cancelled', { exact: true })).toHaveCount(1);
  });

  await test.step('a closed tab loses nothing: the jobs are found again and go on', async () => {
    const progress = (on: Page) => made(on, LONG_PROMPT).getByRole('progressbar');
    await expect(progress(page).first()).toBeVisible();
    await page.close();
    page = await context.newPage();
    await page.goto('/studio');
    await expect(progress(page).first()).toBeVisible();
    await expect(pictures(made(page, LONG_PROMPT))).toHaveCount(7, { timeout: 120_000 });
    await expect(progress(page)).toHaveCount(0);
  });

  await test.step('what was cancelled can be made after all', async () => {
    await made(page, LONG_PROMPT).getByRole('button', { name: 'Make picture 8 of 8 after all' }).click();
    await expect(pictures(made(page, LONG_PROMPT))).toHaveCount(8, { timeout: 60_000 });
  });

  await test.step('what is wrong is said at its field, and nothing is sent', async () => {
    const before = await page.getByRole('article').count();
    await settings(page).click();
    const width = page.getByRole('textbox', { name: 'Width' });
    await width.fill('257');
    await generate(page, PROMPT);
    await expect(width).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByText(/multiple of/)).toBeVisible();
    await expect(width).toBeFocused();
    expect(await page.getByRole('article').count()).toBe(before);
    await width.fill('256');
    await settings(page).click();
  });

  await test.step('search finds it by a word of its prompt', async () => {
    await page.getByRole('searchbox').fill('boat');
    await expect(made(page, LONG_PROMPT)).toBeHidden();
    await expect(made(page, PROMPT)).toBeVisible();
    await page.getByRole('searchbox').fill('');
    await expect(made(page, LONG_PROMPT)).toBeVisible();
  });
});

for (const { name, width, height } of SCREENS) {
  for (const colorScheme of SCHEMES) {
    test(`nothing for axe to find: ${name}, ${colorScheme}`, async ({ browser }, testInfo) => {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme,
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      const look = async (state: string) => {
        await page.screenshot({
          path: testInfo.outputPath(`${name}-${colorScheme}-${state}.png`),
        });
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations, state).toEqual([]);
      };

      await page.goto('/');
      await expect(page.getByRole('button', { name: PROMPT, exact: true })).toBeVisible();
      await look('empty');

      await settings(page).click();
      await page.getByRole('textbox', { name: 'Seed' }).fill('-1');
      await expect(page.getByText(/^From 0 to/)).toBeVisible();
      await look('settings');
      await page.getByRole('textbox', { name: 'Seed' }).fill('7');
      await settings(page).click();

      await pickCount(page, '2 pictures');
      await generate(page, PROMPT);
      await expect(made(page, PROMPT)).toBeVisible();
      await look('making');
      await expect(pictures(made(page, PROMPT))).toHaveCount(2, { timeout: 60_000 });
      await expect(made(page, PROMPT).getByRole('img', { name: /./ }).first()).toBeVisible();
      await look('made');

      await pictures(made(page, PROMPT)).first().click();
      await expect(page.getByRole('dialog').getByRole('table')).toBeVisible();
      await look('details');
      await context.close();
    });
  }
}
