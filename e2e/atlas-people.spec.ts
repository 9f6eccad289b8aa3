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

  await test.step('a frame comes with the words, the name and the picture as it is made, and its tiles without a reload', async () => {
    const told = pending(ben.page).getByText(LAKE, { exact: true }).waitFor({ timeout: 60_000 });
    const author = pending(ben.page).getByText(ada.name).waitFor({ timeout: 60_000 });
    const preview = pending(ben.page).locator('img[src^="data:image/webp"]').waitFor({ timeout: 60_000 });
    const tile = ben.page.waitForResponse((response) => response.url().includes('/tiles/0/') && response.ok());
    await ada.page.getByLabel('Prompt', { exact: true }).fill(LAKE);
    await ada.page.getByRole('button', { name: 'Paint', exact: true }).click();
    await Promise.all([told, author, preview, tile]);
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
