import { expect, test, type Browser, type BrowserContextOptions, type Locator, type Page } from '@playwright/test';
import { violationsIn } from './axe';

const LAKE = 'aerial view of a blue lake in a forest';
const DUNES = 'aerial view of desert dunes';

const map = (page: Page): Locator => page.getByRole('application', { name: /^Map of/ });
const frame = (page: Page): Locator => page.getByRole('application', { name: /^Frame/ });
const prompt = (page: Page): Locator => page.getByLabel('Prompt', { exact: true });
const paint = (page: Page): Locator => page.getByRole('button', { name: 'Paint', exact: true });
const pending = (page: Page, words: string): Locator =>
  page.getByRole('list', { name: 'Being painted' }).getByText(words, { exact: true });
const made = (page: Page, words: string): Locator => page.getByRole('button', { name: `Go to ${words}`, exact: true });
const place = (page: Page): string => decodeURIComponent(new URL(page.url()).pathname).replace('/atlas/', '');

async function open(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(address);
  await expect(frame(page)).toBeVisible();
  return page;
}

/** Somebody with an account: guests make no worlds. */
async function member(browser: Browser, address: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  const name = `ada-${Date.now().toString(36)}`;
  const answer = await page.request.post('/api/sign-up', {
    data: { username: name, password: 'walls of the old town', name: 'Ada' },
  });
  expect(answer.status()).toBe(201);
  await page.goto(address);
  await expect(frame(page)).toBeVisible();
  return page;
}

async function newWorld(page: Page, name: string): Promise<string> {
  await page.getByRole('button', { name: /^World:/ }).click();
  await page.getByRole('menuitem', { name: 'New world' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Create' }).click();
  await expect(page.getByText('Nobody has been here yet')).toBeVisible();
  await expect(page).toHaveURL(/@0,0,0$/);
  return place(page);
}

/** What a place of the world was made by, as the server knows it. */
async function promptAt(page: Page, world: string, x: number, y: number): Promise<string | null> {
  const answer = await page.request.get(`/api/atlas/worlds/${world}/at?x=${x}&y=${y}`);
  expect(answer.ok()).toBe(true);
  const { edit } = (await answer.json()) as { edit: { prompt: string } | null };
  return edit?.prompt ?? null;
}

/** Where the frame lies, read from its name. */
async function frameOf(page: Page): Promise<{ x: number; y: number; width: number; height: number }> {
  const name = (await frame(page).getAttribute('aria-label')) ?? '';
  const [, width, height, x, y] = /(\d+) by (\d+) at (-?[\d,]+), (-?[\d,]+)\./.exec(name) ?? [];
  const number = (words = '') => Number(words.replaceAll(',', ''));
  return { x: number(x), y: number(y), width: number(width), height: number(height) };
}

/** Frames are drawn and gone within a second: who waits for one must do so before it is asked for. */
async function seesPending(watcher: Page, words: string, action: () => Promise<void>): Promise<void> {
  const seen = pending(watcher, words).waitFor({ timeout: 60_000 });
  await action();
  await seen;
}

test('two people paint side by side, and each takes back only what is theirs', async ({ browser }) => {
  const ada = await member(browser, '/atlas');
  const at = await newWorld(ada, `Side by side ${Date.now()}`);
  const world = at.split('@')[0] ?? '';
  const ben = await open(browser, `/atlas/${at}`);
  const [hers, his] = [await frameOf(ada), await frameOf(ben)];
  const middle = (of: { x: number; y: number }) => [of.x + 40, of.y + 40] as const;

  await test.step('a pending frame and its picture are seen by the other without a reload', async () => {
    const blank = await ben.screenshot({
      clip: (await frame(ben).boundingBox()) ?? { x: 0, y: 0, width: 1, height: 1 },
    });
    const tile = ben.waitForResponse((response) => response.url().includes('/tiles/0/') && response.ok());
    await prompt(ada).fill(LAKE);
    await seesPending(ben, LAKE, () => paint(ada).click());
    await tile;
    await expect(pending(ben, LAKE)).toBeHidden();
    await expect
      .poll(async () => {
        const seen = await ben.screenshot({
          clip: (await frame(ben).boundingBox()) ?? { x: 0, y: 0, width: 1, height: 1 },
        });
        return seen.equals(blank);
      })
      .toBe(false);
    expect(await promptAt(ben, world, ...middle(hers))).toBe(LAKE);
    await expect(ben.getByText('Nobody has been here yet')).toBeHidden();
  });

  await test.step('the other paints beside it, by keyboard alone', async () => {
    await frame(ben).focus();
    while ((await frameOf(ben)).x < his.x + his.width) await ben.keyboard.press('ArrowRight');
    await ben.keyboard.press('Enter');
    await expect(prompt(ben)).toBeFocused();
    await ben.keyboard.type(DUNES);
    await seesPending(ada, DUNES, () => ben.keyboard.press('Control+Enter'));
    await expect(ben.getByRole('status').filter({ hasText: `“${DUNES}” is painted.` })).toBeAttached({
      timeout: 60_000,
    });
  });

  const beside = await frameOf(ben);

  await test.step('both stand in the history of both', async () => {
    for (const page of [ada, ben]) {
      await page.getByRole('button', { name: 'History', exact: true }).click();
      await expect(made(page, LAKE)).toBeVisible();
      await expect(made(page, DUNES)).toBeVisible();
    }
    await expect(ada.getByRole('button', { name: `Undo ${DUNES}` })).toHaveCount(0);
    await made(ada, DUNES).click();
    await expect(ada).toHaveURL((url) => {
      const [x = NaN] = (url.pathname.split('@')[1] ?? '').split(',').map(Number);
      return Math.abs(x - (beside.x + beside.width / 2)) <= 1;
    });
  });

  await test.step('undo mine keeps theirs', async () => {
    await ada.getByRole('button', { name: `Undo ${LAKE}` }).click();
    await expect(ben.getByRole('listitem').filter({ hasText: LAKE })).toContainText('taken back');
    expect(await promptAt(ada, world, ...middle(hers))).toBeNull();
    expect(await promptAt(ada, world, beside.x + beside.width - 20, beside.y + 40)).toBe(DUNES);
    await ada.getByRole('button', { name: `Redo ${LAKE}` }).click();
    await expect(ben.getByRole('listitem').filter({ hasText: LAKE })).not.toContainText('taken back');
    expect(await promptAt(ada, world, ...middle(hers))).toBe(LAKE);
  });

  await test.step('a click tells what made the place, and more of it can be asked for', async () => {
    await ben.getByRole('button', { name: 'Close the history' }).click();
    const box = await map(ben).boundingBox();
    if (box === null) throw new Error('There is no map.');
    const [x, y] = [box.x + box.width / 2 + hers.x + 60, box.y + box.height / 2 + hers.y + 60];
    await ben.mouse.click(x, y);
    const card = ben.getByRole('complementary', { name: 'This place' });
    await expect(card.getByRole('heading', { name: LAKE })).toBeVisible();
    await expect(card.getByRole('button', { name: 'Undo' })).toHaveCount(0);
    await card.getByRole('button', { name: 'More like this place' }).click();
    await expect(prompt(ben)).toHaveValue(LAKE);
  });
});

test('the brush makes a part anew', async ({ browser }) => {
  const page = await member(browser, '/atlas');
  await newWorld(page, `Brush ${Date.now()}`);
  await prompt(page).fill(LAKE);
  await paint(page).click();
  await expect(page.getByRole('status').filter({ hasText: `“${LAKE}” is painted.` })).toBeAttached({ timeout: 60_000 });

  await page.getByRole('button', { name: 'Brush', exact: true }).click();
  const before = await frameOf(page);
  const box = await frame(page).boundingBox();
  if (box === null) throw new Error('There is no frame.');
  await page.mouse.move(box.x + 60, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + 160, box.y + 120, { steps: 6 });
  await page.mouse.up();
  expect(await frameOf(page)).toEqual(before);
  await expect(page.getByRole('button', { name: 'Clear' })).toBeEnabled();

  await prompt(page).fill(DUNES);
  const [sent] = await Promise.all([
    page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/edits')),
    paint(page).click(),
  ]);
  const { mask, ...edit } = sent.postDataJSON() as Record<string, unknown>;
  expect(edit).toEqual({ ...before, prompt: DUNES });
  expect(mask).toEqual(expect.stringMatching(/^[0-9a-f-]{36}$/));
  await expect(page.getByRole('status').filter({ hasText: `“${DUNES}” is painted.` })).toBeAttached({
    timeout: 60_000,
  });
  await expect(page.getByRole('button', { name: 'Clear' })).toHaveCount(0);
});

test('one of several is chosen, and a part of it erased', async ({ browser }) => {
  const page = await open(browser, '/atlas/commons@9000,9000,0');
  await prompt(page).fill(LAKE);
  await page.getByRole('button', { name: 'Candidates: Paint at once' }).click();
  await page.getByRole('menuitem', { name: 'Choose from 2 pictures' }).click();
  await paint(page).click();
  const bar = page.getByRole('group', { name: `Candidates for ${LAKE}` });
  await expect(bar).toBeVisible({ timeout: 60_000 });

  await test.step('a reload keeps the choice', async () => {
    await page.reload();
    await expect(page.getByRole('img', { name: 'Candidate 1' })).toBeVisible({ timeout: 20_000 });
    await bar.getByRole('button', { name: 'Next candidate' }).click();
    await expect(page.getByRole('img', { name: 'Candidate 2' })).toBeVisible();
    await bar.getByRole('button', { name: 'Before' }).click();
    await expect(page.getByRole('img', { name: /Candidate/ })).toHaveCount(0);
  });

  await test.step('what is chosen is painted', async () => {
    await bar.getByRole('button', { name: 'Show candidate 2' }).click();
    await bar.getByRole('button', { name: 'Use this' }).click();
    await expect(bar).toHaveCount(0);
    await page.getByRole('button', { name: 'History', exact: true }).click();
    await expect(made(page, LAKE)).toBeVisible();
    await page.getByRole('button', { name: 'Close the history' }).click();
  });

  await test.step('the frame is erased, and the erasure taken back', async () => {
    await page.getByRole('button', { name: 'Erase what is in the frame' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'Erased.' })).toBeAttached({ timeout: 20_000 });
    await page.getByRole('button', { name: 'History', exact: true }).click();
    await page.getByRole('button', { name: 'Undo Erased' }).click();
    await expect(page.getByRole('listitem').filter({ hasText: 'Erased' })).toContainText('taken back');
  });
});

test('a place is an address', async ({ browser }) => {
  const page = await open(browser, '/atlas/commons@100,-200,-1');

  await test.step('it is kept, and follows the view', async () => {
    expect(place(page)).toBe('commons@100,-200,-1');
    await map(page).focus();
    await page.keyboard.press('ArrowRight');
    await expect(page).toHaveURL(/@356,-200,-1$/);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await expect(page).toHaveURL(/@356,-200,0$/);
    await page.reload();
    await expect(frame(page)).toBeVisible();
    expect(place(page)).toBe('commons@356,-200,0');
  });

  await test.step('the keyboard asks what is there, and comes back to the map', async () => {
    await map(page).focus();
    await page.keyboard.press('Enter');
    const card = page.getByRole('complementary', { name: 'This place' });
    await expect(card).toBeFocused();
    await expect(card.getByText('356, -200')).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(card).toBeHidden();
    await expect(map(page)).toBeFocused();
  });

  await test.step('the frame is moved and resized with the mouse, in the sizes of the model', async () => {
    const before = await frameOf(page);
    const { items } = (await (await page.request.get('/api/models')).json()) as {
      items: { size: { multiple: number } }[];
    };
    const multiple = items[0]?.size.multiple ?? 1;
    const box = await frame(page).boundingBox();
    if (box === null) throw new Error('There is no frame.');
    await page.mouse.move(box.x + 100, box.y + 100);
    await page.mouse.down();
    await page.mouse.move(box.x + 60, box.y + 130, { steps: 5 });
    await page.mouse.up();
    expect(await frameOf(page)).toEqual({ ...before, x: before.x - 40, y: before.y + 30 });
    await page.mouse.move(box.x - 40, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x - 40 + multiple, box.y + 30, { steps: 5 });
    await page.mouse.up();
    expect(await frameOf(page)).toMatchObject({ x: before.x - 40 + multiple, width: before.width - multiple });
  });

  await test.step('a frame out of sight is brought before anything is painted', async () => {
    await page.goto('/atlas/commons@356,-200,0');
    await expect(frame(page)).toBeVisible();
    await map(page).focus();
    const bring = page.getByRole('button', { name: 'Bring the frame here' });
    await expect(async () => {
      await page.keyboard.press('ArrowDown');
      await expect(bring).toBeVisible({ timeout: 300 });
    }).toPass();
    await bring.click();
    await expect(paint(page)).toBeVisible();
    expect((await frameOf(page)).y).toBeGreaterThan(-200);
  });

  await test.step('a world that is not there says so', async () => {
    await page.goto('/atlas/nobody-made-this-world');
    await expect(page.getByRole('heading', { name: 'There is no such world' })).toBeVisible();
    await page.getByRole('link', { name: 'Go to a world that is there' }).click();
    await expect(page).toHaveURL(/\/atlas\/terra/);
  });
});

test('on a phone the map is moved by fingers', async ({ browser }) => {
  const page = await open(browser, '/atlas/commons@5000,5000,0', {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const cdp = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: [x: number, y: number][]) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  const box = async () => {
    const found = await frame(page).boundingBox();
    if (found === null) throw new Error('There is no frame.');
    return found;
  };

  await test.step('nothing is wider than the screen', async () => {
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    for (const button of [paint(page), page.getByRole('button', { name: 'Zoom in' })]) {
      const { width = 0, height = 0 } = (await button.boundingBox()) ?? {};
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
    }
  });

  await test.step('one finger in the frame moves the frame, at its corner resizes it', async () => {
    const before = await frameOf(page);
    const at = await box();
    await touch('touchStart', [at.x + 128, at.y + 128]);
    for (const step of [10, 20, 30, 40]) await touch('touchMove', [at.x + 128, at.y + 128 - step]);
    await touch('touchEnd');
    expect(await frameOf(page)).toEqual({ ...before, y: before.y - 40 });
    const corner = await box();
    // Twenty pixels beside it: a finger is blunt.
    await touch('touchStart', [corner.x + corner.width + 14, corner.y - 14]);
    for (const step of [20, 40, 64])
      await touch('touchMove', [corner.x + corner.width + 14 - step, corner.y - 14 + step]);
    await touch('touchEnd');
    const after = await frameOf(page);
    expect(after.width).toBeLessThan(before.width);
    expect(after.y + after.height).toBe(before.y - 40 + before.height);
  });

  await test.step('two fingers zoom', async () => {
    await touch('touchStart', [100, 300], [280, 300]);
    for (const step of [15, 30, 45]) await touch('touchMove', [100 + step, 300], [280 - step, 300]);
    await touch('touchEnd');
    await expect
      .poll(() => Number(place(page).split(',')[2]), { message: 'the zoom in the address' })
      .toBeLessThan(-0.5);
  });

  await test.step('a tap asks what is there, and the frame comes to it', async () => {
    await page.touchscreen.tap(195, 140);
    const card = page.getByRole('complementary', { name: 'This place' });
    await expect(card.getByRole('heading', { name: 'Blank land' })).toBeVisible();
    await card.getByRole('button', { name: 'Put the frame here' }).click();
    const at = await box();
    expect(Math.abs(at.y + at.height / 2 - 140)).toBeLessThan(4);
  });
});

for (const [screen, viewport] of [
  ['phone', { width: 390, height: 844 }],
  ['desktop', { width: 1440, height: 900 }],
] as const)
  for (const colorScheme of ['light', 'dark'] as const)
    test(`axe finds nothing on a ${screen} in ${colorScheme} colours`, async ({ browser }) => {
      const page = await open(browser, '/atlas/commons', { viewport, colorScheme, reducedMotion: 'reduce' });
      const isSound = async (what: string) => {
        expect(await violationsIn(page), what).toEqual([]);
      };
      await isSound('the map');
      await page.getByRole('button', { name: 'Brush', exact: true }).click();
      await isSound('the brush');
      await page.getByRole('button', { name: 'Brush', exact: true }).click();
      await page.getByRole('button', { name: 'History', exact: true }).click();
      await isSound('the history');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'History', exact: true, expanded: true }).click();
      await page.mouse.click(viewport.width / 2, 120);
      await expect(page.getByRole('complementary', { name: 'This place' })).toBeVisible();
      await isSound('a place');
      await page.getByRole('button', { name: /^World:/ }).click();
      await page.getByRole('menuitem', { name: 'New world' }).click();
      await expect(page.getByLabel('Name')).toBeFocused();
      await isSound('the new world');
    });
