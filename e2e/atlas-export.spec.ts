import { readFileSync } from 'node:fs';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { violationsIn } from './axe';

const dialog = (page: Page): Locator => page.getByRole('dialog', { name: 'Export the map' });
const opener = (page: Page): Locator => page.getByRole('button', { name: 'Export', exact: true });

/** A frame of the commons, far from what others paint, with a picture in it. */
async function paint(page: Page): Promise<void> {
  await page.goto(`/atlas/commons@${100_000 + Math.floor(Math.random() * 1e6)},0,0`);
  await page.getByLabel('Prompt', { exact: true }).fill('aerial view of a blue lake in a forest');
  const asked = page.waitForResponse(
    (answer) => answer.request().method() === 'POST' && answer.url().endsWith('/edits'),
  );
  await page.getByRole('button', { name: 'Paint', exact: true }).click();
  const { id } = (await (await asked).json()) as { id: string };
  await expect
    .poll(async () => {
      const answer = await page.request.get(`/api/atlas/worlds/commons/edits/${id}`);
      return ((await answer.json()) as { state: string }).state;
    })
    .toBe('committed');
}

async function downloaded(page: Page): Promise<{ name: string; data: Buffer }> {
  const coming = page.waitForEvent('download');
  await dialog(page).getByRole('button', { name: 'Download', exact: true }).click();
  const download = await coming;
  return { name: download.suggestedFilename(), data: readFileSync(await download.path()) };
}

test('a part of the map, and all of it, is saved as a file, with keys alone', async ({ page }) => {
  await paint(page);
  let [left, top] = [0, 0];
  await opener(page).focus();
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toBeVisible();

  await test.step('the frame as PNG has the size that was told', async () => {
    await dialog(page).getByRole('radio', { name: 'This view' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect(dialog(page).getByRole('radio', { name: 'The frame' })).toBeChecked();
    await expect(dialog(page).getByLabel('Size in pixels')).toContainText('256 × 256, full detail');
    const { name, data } = await downloaded(page);
    expect(name).toMatch(/^commons_-?\d+_-?\d+_-?\d+_-?\d+\.png$/);
    [, left = 0, top = 0] = name.split('_').map(Number);
    expect(data.subarray(1, 4).toString()).toBe('PNG');
    expect([data.readUInt32BE(16), data.readUInt32BE(20)]).toEqual([256, 256]);
    await expect(dialog(page).getByRole('status')).toContainText('is saved');
  });

  await test.step('the world as GeoTIFF and as PMTiles', async () => {
    await dialog(page).getByRole('radio', { name: 'The frame' }).focus();
    await page.keyboard.press('ArrowRight');
    await dialog(page).getByRole('radio', { name: 'PNG' }).focus();
    await page.keyboard.press('ArrowRight');
    const tiff = await downloaded(page);
    expect(tiff.name).toMatch(/\.tif$/);
    expect(tiff.data.subarray(0, 4)).toEqual(Buffer.from('II*\0'));
    await dialog(page).getByRole('radio', { name: 'GeoTIFF' }).focus();
    await page.keyboard.press('ArrowRight');
    const archive = await downloaded(page);
    expect(archive.name).toBe('commons.pmtiles');
    expect(archive.data.subarray(0, 7).toString()).toBe('PMTiles');
  });

  await test.step('what went wrong is said, and one can go on', async () => {
    const problem = { type: 'x', title: 'Busy', status: 503, code: 'exports_busy', detail: 'Try again in a moment.' };
    await page.route('**/export.pmtiles*', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
    );
    await dialog(page).getByRole('button', { name: 'Download', exact: true }).click();
    await expect(dialog(page).getByRole('alert')).toHaveText('Try again in a moment.');
    await page.unroute('**/export.pmtiles*');
    expect((await downloaded(page)).name).toBe('commons.pmtiles');
  });

  await test.step('the addresses lead to tiles', async () => {
    await dialog(page).getByText('Addresses for QGIS and others').click();
    const tilejson = await page.request.get(await dialog(page).getByLabel('TileJSON', { exact: true }).inputValue());
    const told = (await tilejson.json()) as { tiles: string[]; maxzoom: number };
    const of = (at: number) => String(2 ** (told.maxzoom - 1) + Math.floor(at / 512));
    const address = (told.tiles[0] ?? '')
      .replace('{z}', String(told.maxzoom))
      .replace('{x}', of(left))
      .replace('{y}', of(top));
    expect((await page.request.get(address)).headers()['content-type']).toBe('image/webp');
  });

  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await expect(opener(page)).toBeFocused();
});

for (const [screen, viewport] of [
  ['phone', { width: 390, height: 844 }],
  ['desktop', { width: 1440, height: 900 }],
] as const)
  for (const colorScheme of ['light', 'dark'] as const)
    test(`axe finds nothing in the export on a ${screen} in ${colorScheme} colours`, async ({ browser }) => {
      const page = await (await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })).newPage();
      await page.goto('/atlas');
      await opener(page).click();
      await dialog(page).getByText('Addresses for QGIS and others').click();
      expect(await violationsIn(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
    });
