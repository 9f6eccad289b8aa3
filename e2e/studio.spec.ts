import { execFileSync } from 'node:child_process';
import { expect, test, type Locator, type Page, type Route, type TestInfo } from '@playwright/test';
import { violationsIn } from './axe';

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

/** The files in a ZIP, by a program that is not ours; it fails where the archive is not whole. */
function unzipped(path: string): { name: string; bytes: Buffer }[] {
  const python = `
import base64, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    print(json.dumps([[name, base64.b64encode(archive.read(name)).decode()] for name in archive.namelist()]))
`;
  const found = execFileSync('python3', ['-c', python, path], { maxBuffer: 2 ** 28, encoding: 'utf8' });
  return (JSON.parse(found) as [string, string][]).map(([name, data]) => ({
    name,
    bytes: Buffer.from(data, 'base64'),
  }));
}

test('an end that comes while the history is read for the first time is shown', async ({ page }) => {
  await page.goto('/');
  await expect
    .poll(async () => (await page.context().cookies()).some(({ name }) => name.endsWith('figment')))
    .toBe(true);
  const asked = await page.request.post('/api/studio/generations', { data: { prompt: LONG_PROMPT, steps: 50 } });
  const { jobs } = (await asked.json()) as { jobs: { id: string }[] };
  const stateOf = async () =>
    ((await (await page.request.get(`/api/jobs/${jobs[0]?.id}`)).json()) as { state: string }).state;
  let held: Promise<string> | undefined;
  const hold = async (route: Route) => {
    const answer = await route.fetch();
    const read = (await answer.json()) as { items: { jobs: { state: string }[] }[] };
    await expect.poll(stateOf, { timeout: 60_000 }).toBe('succeeded');
    // Time for the stream to tell of it. What was read again by then no longer waits for this answer.
    await page.waitForTimeout(1_000);
    await route.fulfill({ response: answer }).catch(() => undefined);
    return read.items[0]?.jobs[0]?.state ?? 'nothing';
  };
  await page.route(/\/api\/studio\/generations(\?|$)/, async (route) => {
    if (held === undefined) await (held = hold(route));
    else await route.fallback();
  });
  await page.reload();
  await expect(pictures(made(page, LONG_PROMPT))).toHaveCount(1, { timeout: 60_000 });
  expect(['queued', 'running'], 'the first reading was of a moment before').toContain(await held);
  await expect(pictures(made(page, LONG_PROMPT))).toHaveCount(1);
});

test('favourites, a collection, a filtered link, and everything in one archive', async ({ page }) => {
  const star = (prompt: string) => made(page, prompt).getByRole('button', { name: /^Favourite/ });
  const articles = page.getByRole('article');

  await test.step('there are three prompts', async () => {
    await page.goto('/');
    await pickCount(page, '2 pictures');
    await generate(page, PROMPT);
    await expect(pictures(made(page, PROMPT))).toHaveCount(2, { timeout: 60_000 });
    for (const prompt of [LONG_PROMPT, 'A red house on a green hill']) {
      await pickCount(page, '1 picture');
      await generate(page, prompt);
      await expect(pictures(made(page, prompt))).toHaveCount(1, { timeout: 60_000 });
    }
  });

  await test.step('a star that the server refuses comes off again and says why', async () => {
    await page.route('**/api/images/favourites', (route) => route.abort());
    await star(LONG_PROMPT).click();
    await expect(page.getByRole('alert').filter({ hasText: 'cannot be reached' })).toBeVisible();
    await expect(star(LONG_PROMPT)).toHaveAttribute('aria-pressed', 'false');
    await page.unroute('**/api/images/favourites');
  });

  await test.step('a star is set by keyboard', async () => {
    await star(PROMPT).first().focus();
    await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/favourites') && response.ok()),
      page.keyboard.press('Enter'),
    ]);
    await expect(star(PROMPT).first()).toHaveAttribute('aria-pressed', 'true');
  });

  await test.step('the filter for favourites shows that picture and no other', async () => {
    await page.getByRole('button', { name: 'Favourites', exact: true }).click();
    await expect(articles).toHaveCount(1);
    await expect(pictures(made(page, PROMPT))).toHaveCount(1);
    await expect(made(page, PROMPT).getByText('1 of 2')).toBeVisible();
  });

  await test.step('a filtered view is a link, and survives a reload', async () => {
    await expect(page).toHaveURL(/favourite=yes/);
    await page.reload();
    await expect(articles).toHaveCount(1);
    await page.getByRole('button', { name: /^Favourites\. Take this filter away/ }).click();
    await expect(articles).toHaveCount(3);
  });

  await test.step('several are selected, by a range and by keyboard, and put into a new collection', async () => {
    await page.getByRole('button', { name: 'Select', exact: true }).click();
    const boxes = page.getByRole('checkbox', { name: /^Select/ });
    await boxes.nth(1).click();
    await boxes.nth(3).click({ modifiers: ['Shift'] });
    await expect(page.getByText('3 selected')).toBeVisible();
    await boxes.nth(1).focus();
    await page.keyboard.press('Space');
    await expect(page.getByText('2 selected')).toBeVisible();
    await page.getByRole('button', { name: 'Add to a collection' }).click();
    await page.getByRole('button', { name: 'New collection' }).click();
    await page.getByLabel('Name').fill('On the sea');
    await page.getByRole('button', { name: 'Create' }).click();
    await expect(page.getByText('2 pictures in “On the sea”.')).toBeVisible();
    // While the dialog is closing, Escape is still the dialog's.
    await expect(page.getByRole('dialog')).toBeHidden();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('toolbar', { name: 'Selected pictures' })).toBeHidden();
  });

  await test.step('a second collection of that name is refused at its field', async () => {
    await page.getByRole('button', { name: 'Collections', exact: true }).click();
    await page.getByRole('menuitem', { name: 'New collection' }).click();
    await page.getByLabel('Name').fill('ON THE SEA');
    await page.getByRole('button', { name: 'Create' }).click();
    await expect(page.getByText(/a collection of this name already/)).toBeVisible();
    await page.keyboard.press('Escape');
  });

  await test.step('the collection is shown, and downloaded with its recipes', async () => {
    await page.getByRole('button', { name: 'Collections', exact: true }).click();
    await page.getByRole('menuitem', { name: /^On the sea/ }).click();
    await expect(page.getByRole('heading', { name: 'On the sea' })).toBeVisible();
    await expect(articles).toHaveCount(1);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download this collection' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('figment-on-the-sea.zip');
    const files = unzipped(await download.path());
    const lines = (files.at(-1)?.bytes.toString('utf8').trim().split('\n') ?? []).map(
      (line) => JSON.parse(line) as { file: string; missing: string | null; recipe: { prompt: string; seed: number } },
    );
    expect(files.map(({ name }) => name)).toEqual([...lines.map(({ file }) => file), 'recipes.jsonl']);
    expect(lines).toHaveLength(2);
    for (const [index, { file, missing, recipe }] of lines.entries()) {
      expect(file).toBe(`000${index + 1}-a-blue-boat-on-the-sea-at-sunset-${recipe.seed}.png`);
      expect(recipe.prompt).toBe(PROMPT);
      expect(missing).toBeNull();
      expect(files[index]?.bytes.subarray(1, 4).toString()).toBe('PNG');
    }
  });

  await test.step('a deleted collection comes back when one thinks again, and its pictures stay', async () => {
    const menu = page.getByRole('button', { name: /^More for the collection/ });
    await menu.click();
    await page.getByRole('menuitem', { name: 'Delete the collection' }).click();
    await expect(articles).toHaveCount(3);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'Collections', exact: true }).click();
    await page.getByRole('menuitem', { name: /^On the sea/ }).click();
    await expect(pictures(made(page, PROMPT))).toHaveCount(2);
    await page.goto('/studio');
  });

  await test.step('what is deleted hides at once, comes back by Undo, and is gone when the page is left', async () => {
    const remove = async () => {
      await page.getByRole('button', { name: `More for “${LONG_PROMPT}”` }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await expect(made(page, LONG_PROMPT)).toBeHidden();
    };
    await remove();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(made(page, LONG_PROMPT)).toBeVisible();
    await remove();
    await page.goto('about:blank');
    await expect(async () => {
      const answer = await page.request.get('/api/studio/generations');
      expect(((await answer.json()) as { items: unknown[] }).items).toHaveLength(2);
    }).toPass();
    await page.goto('/studio');
    await expect(articles).toHaveCount(2);
  });

  await test.step('where nothing is found, the page says what is asked for and offers to clear it', async () => {
    await page.goto('/studio?state=failed&orientation=portrait');
    await expect(page.getByText('Nothing you made is all of this: Failed, Portrait.')).toBeVisible();
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await expect(articles).toHaveCount(2);
    await expect(page).toHaveURL(/\/studio$/);
  });
});

/** Takes a picture of the page in every state that it is asked to look at, and lets axe look too. */
function looker(page: Page, testInfo: TestInfo, screen: string) {
  return async (state: string) => {
    await page.screenshot({ path: testInfo.outputPath(`${screen}-${state}.png`) });
    const violations = await violationsIn(page);
    expect(violations, state).toEqual([]);
  };
}

for (const { name, width, height } of SCREENS) {
  for (const colorScheme of SCHEMES) {
    const screen = `${name}-${colorScheme}`;
    const options = { viewport: { width, height }, colorScheme, reducedMotion: 'reduce' } as const;

    test(`nothing for axe to find while making: ${name}, ${colorScheme}`, async ({ browser }, testInfo) => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const look = looker(page, testInfo, screen);

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

    test(`nothing for axe to find in what was made: ${name}, ${colorScheme}`, async ({ browser }, testInfo) => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const look = looker(page, testInfo, screen);

      await page.goto('/');
      await pickCount(page, '2 pictures');
      await generate(page, PROMPT);
      await expect(pictures(made(page, PROMPT))).toHaveCount(2, { timeout: 60_000 });
      await pictures(made(page, PROMPT)).first().click();
      await page.getByRole('button', { name: 'Favourite', exact: true }).click();
      await page.getByRole('button', { name: 'Add to a collection' }).click();
      await expect(page.getByRole('dialog', { name: /^Add 1 picture/ })).toBeVisible();
      await look('add');
      await page.getByRole('button', { name: 'New collection' }).click();
      await page.getByLabel('Name').fill('On the sea');
      await look('name');
      await page.getByRole('button', { name: 'Create' }).click();
      await expect(page.getByText('1 picture in “On the sea”.')).toBeVisible();

      await page.goto('/studio');
      await page.getByRole('button', { name: 'Filters', exact: true }).click();
      await expect(page.getByLabel('State')).toBeVisible();
      await page.getByLabel('Shape').selectOption('Square');
      await expect(page.getByRole('list', { name: 'Filters that are on' })).toBeVisible();
      await look('filters');

      await page.getByRole('button', { name: 'Collections', exact: true }).click();
      await expect(page.getByRole('menuitem', { name: /^On the sea/ })).toBeVisible();
      await look('collections');
      await page.getByRole('menuitem', { name: /^On the sea/ }).click();
      await expect(page.getByRole('heading', { name: 'On the sea' })).toBeVisible();
      await look('collection');

      await page.goto('/studio');
      await page.getByRole('button', { name: 'Select', exact: true }).click();
      await page.getByRole('checkbox').first().click();
      await expect(page.getByText('1 selected')).toBeVisible();
      await look('selecting');
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
      await look('undo');

      await page.goto('/studio?state=failed');
      await expect(page.getByRole('button', { name: 'Clear the filters' })).toBeVisible();
      await look('nothing found');
      await context.close();
    });
  }
}
