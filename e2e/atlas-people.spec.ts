import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test, type Browser, type BrowserContextOptions, type Locator, type Page } from '@playwright/test';

const LAKE = 'aerial view of a blue lake in a forest';

const map = (page: Page): Locator => page.getByRole('application', { name: /^Map of/ });
const frame = (page: Page): Locator => page.getByRole('application', { name: /^Frame/ });
const pending = (page: Page): Locator => page.getByRole('list', { name: 'Being painted' });
const here = (page: Page): Locator => page.getByRole('button', { name: /people here/ });

interface Somebody {
  page: Page;
  name: string;
  /** The event streams that the page has open. */
  streams: Set<string>;
}

async function open(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Somebody> {
  const page = await (await browser.newContext(options)).newPage();
  const streams = new Set<string>();
  const isStream = (url: string) => new URL(url).pathname.endsWith('/events');
  page.on('request', (request) => isStream(request.url()) && streams.add(request.url()));
  page.on('requestfinished', (request) => streams.delete(request.url()));
  page.on('requestfailed', (request) => streams.delete(request.url()));
  await page.goto(address);
  await expect(frame(page)).toBeVisible();
  const session = (await (await page.request.post('/api/session')).json()) as { person: { name: string } };
  return { page, name: session.person.name, streams };
}

/** A world of its own would need an account: a far corner of the commons will do. */
const corner = () => `/atlas/commons@${Math.round(Math.random() * 2 ** 30)},${Math.round(Math.random() * 2 ** 30)},0`;

test('two people see each other point, follow each other, and see what the other paints', async ({ browser }) => {
  const at = corner();
  const ada = await open(browser, at);
  const ben = await open(browser, at, { viewport: { width: 1000, height: 700 } });
  const cursorOf = (of: Somebody, seenBy: Somebody) => seenBy.page.getByText(of.name, { exact: true });

  await test.step('a cursor with a name moves with the pointer', async () => {
    await expect(here(ada.page)).toHaveAccessibleName('2 people here');
    const [place, other] = [await map(ben.page).boundingBox(), await map(ada.page).boundingBox()];
    if (place === null || other === null) throw new Error('There is no map.');
    const middle = { x: place.x + place.width / 2, y: place.y + place.height / 2 };
    await ben.page.mouse.move(middle.x - 100, middle.y - 90);
    await expect(cursorOf(ben, ada)).toBeVisible();
    await ben.page.mouse.move(middle.x + 200, middle.y - 150, { steps: 8 });
    // As far from the middle of hers as from the middle of his.
    await expect(async () => {
      const seen = await cursorOf(ben, ada).locator('..').boundingBox();
      expect(Math.abs((seen?.x ?? 0) - (other.x + other.width / 2 + 200))).toBeLessThan(4);
      expect(Math.abs((seen?.y ?? 0) - (other.y + other.height / 2 - 150))).toBeLessThan(4);
    }).toPass();
    await expect(cursorOf(ada, ben)).toHaveCount(0);
  });

  await test.step('a frame comes with the words and the name, and its tiles without a reload', async () => {
    const told = pending(ben.page).getByText(LAKE, { exact: true }).waitFor({ timeout: 60_000 });
    const author = pending(ben.page).getByText(ada.name).waitFor({ timeout: 60_000 });
    const tile = ben.page.waitForResponse((response) => response.url().includes('/tiles/0/') && response.ok());
    await ada.page.getByLabel('Prompt', { exact: true }).fill(LAKE);
    await ada.page.getByRole('button', { name: 'Paint', exact: true }).click();
    await Promise.all([told, author, tile]);
    await expect(pending(ben.page).getByText(LAKE)).toBeHidden();
  });

  await test.step('a picture is seen as it is made', async () => {
    const preview = pending(ben.page).locator('img[src^="data:image/webp"]').waitFor({ timeout: 60_000 });
    const [x = 0, y = 0] = (at.split('@')[1] ?? '').split(',').map(Number);
    // In so many steps that there is something to see of them.
    const beside = { x: x + 160, y: y - 128, width: 256, height: 256, prompt: LAKE, steps: 50 };
    const asked = await ada.page.request.post('/api/atlas/worlds/commons/edits', { data: beside });
    expect(asked.status()).toBe(202);
    await preview;
    await expect(pending(ben.page).getByText(LAKE)).toBeHidden();
  });

  await test.step('one stream a page is enough', () => {
    for (const { streams } of [ada, ben])
      expect([...streams].map((url) => new URL(url).search)).toEqual(['?also=atlas/commons']);
  });

  await test.step('one goes where the other is, and follows until the map is taken into the hand', async () => {
    const away = corner();
    await ben.page.goto(away);
    await expect(frame(ben.page)).toBeVisible();
    await here(ada.page).click();
    await ada.page.getByRole('button', { name: `Follow ${ben.name}` }).click();
    const [x = NaN, y = NaN] = (away.split('@')[1] ?? '').split(',').map(Number);
    const isAt = (near: number) => (url: URL) => {
      const [left = NaN, top = NaN] = (url.pathname.split('@')[1] ?? '').split(',').map(Number);
      return Math.hypot(left - x, top - y) < near;
    };
    await expect(ada.page).toHaveURL(isAt(40));
    await expect(ada.page.getByText(`Following ${ben.name}`)).toBeVisible();
    await map(ada.page).hover({ position: { x: 200, y: 300 } });
    await ada.page.mouse.wheel(0, 300);
    await expect(ada.page.getByText(`Following ${ben.name}`)).toBeHidden();
  });

  await test.step('who closes the page is gone', async () => {
    await ben.page.close();
    await expect(here(ada.page)).toBeHidden();
  });
});

const FIGMENT = join(__dirname, '..', '.venv/bin/figment');
const DATA = process.env.FIGMENT_E2E_DATA ?? '';

/** Makes of that page's visitor somebody with an account, as the operator does at the console. */
async function becomes(page: Page, name: string, role: 'user' | 'moderator'): Promise<void> {
  const username = `${name.toLowerCase()}-${Date.now().toString(36)}`;
  const link = execFileSync(FIGMENT, ['admin', 'person', username, '--name', name, '--role', role], {
    env: { ...process.env, FIGMENT_DATA: DATA },
    encoding: 'utf8',
  });
  const answer = await page.request.post('/api/reset', {
    data: { token: link.trim().split('#')[1], password: 'four words nobody joins' },
  });
  expect(answer.ok()).toBe(true);
}

const settings = async (page: Page): Promise<Locator> => {
  await page.getByRole('button', { name: /^World:/ }).click();
  await page.getByRole('menuitem', { name: 'Settings of this world' }).click();
  return page.getByRole('dialog');
};

test('who has a world lets others in, takes back what one of them painted, and deletes it', async ({ browser }) => {
  const page = await (await browser.newContext()).newPage();
  await page.goto('/studio');
  await becomes(page, 'Ada', 'user');
  const name = `Isles ${Date.now()}`;
  const made = await page.request.post('/api/atlas/worlds', { data: { name, paint: 'members' } });
  const { slug } = (await made.json()) as { slug: string };
  await page.goto(`/atlas/${slug}`);
  await expect(frame(page)).toBeVisible();

  const ben = await (await browser.newContext()).newPage();
  await test.step('a guest is let in by a link', async () => {
    await ben.goto(`/atlas/${slug}`);
    await expect(map(ben)).toBeVisible();
    await expect(frame(ben)).toHaveCount(0);
    const dialog = await settings(page);
    await expect(dialog.getByText('Nobody but you yet.')).toBeVisible();
    await dialog.getByRole('button', { name: 'Make a link' }).click();
    const link = await dialog.getByLabel('Invitation link').inputValue();
    await page.keyboard.press('Escape');
    await ben.goto('/studio');
    await ben.goto(link);
    await expect(frame(ben)).toBeVisible();
  });

  await test.step('what they painted is taken back at once, and brought again', async () => {
    await ben.getByLabel('Prompt', { exact: true }).fill(LAKE);
    await ben.getByRole('button', { name: 'Paint', exact: true }).click();
    await expect(ben.getByRole('status').filter({ hasText: 'is painted.' })).toBeAttached({ timeout: 60_000 });
    const box = await frame(page).boundingBox();
    if (box === null) throw new Error('There is no frame.');
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.getByRole('button', { name: /^Take back all of/ }).click();
    await page.getByRole('button', { name: 'Take back', exact: true }).click();
    await ben.getByRole('button', { name: 'History', exact: true }).click();
    const entry = ben.getByRole('complementary', { name: 'History' }).getByRole('listitem').filter({ hasText: LAKE });
    await expect(entry).toContainText('taken back');
    const dialog = await settings(page);
    await dialog.getByRole('button', { name: /^Bring again/ }).click();
    await expect(entry).not.toContainText('taken back');
    await page.keyboard.press('Escape');
  });

  await test.step('it is deleted for its name only, and who looks is told', async () => {
    const dialog = await settings(page);
    const remove = dialog.getByRole('button', { name: 'Delete this world' });
    await expect(remove).toBeDisabled();
    await dialog.getByLabel(/^To delete it/).fill(name);
    await remove.click();
    await expect(page).toHaveURL(/\/atlas\/terra/);
    await expect(ben.getByRole('heading', { name: 'There is no such world' })).toBeVisible();
  });
});
