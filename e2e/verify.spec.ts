import { expect, test, type Page, type TestInfo } from '@playwright/test';
import { violationsIn } from './axe';

const SCREENS = [
  { name: 'phone', width: 390, height: 844 },
  { name: 'desktop', width: 1440, height: 900 },
];
const SCHEMES = ['light', 'dark'] as const;
const PROMPT = 'Snowy mountains under a full moon';

/** A picture that was made here, and what its owner is given of it. */
async function made(page: Page): Promise<{ download: Buffer; thumb: Buffer }> {
  // The page becomes a guest by itself; who asks before that would be another one.
  const isSomebody = async () => (await page.context().cookies()).some(({ name }) => name.endsWith('figment'));
  await expect.poll(isSomebody).toBe(true);
  const asked = await page.request.post('/api/studio/generations', { data: { prompt: PROMPT, seed: 7, steps: 4 } });
  const { jobs } = (await asked.json()) as { jobs: { id: string }[] };
  const job = async () =>
    (await (await page.request.get(`/api/jobs/${jobs[0]?.id}`)).json()) as {
      state: string;
      image: { download_url: string; thumbs: Record<string, string> };
    };
  await expect.poll(async () => (await job()).state, { timeout: 60_000 }).toBe('succeeded');
  const { image } = await job();
  const bytes = async (url: string) => (await page.request.get(url)).body();
  return { download: await bytes(image.download_url), thumb: await bytes(image.thumbs['256'] ?? '') };
}

const chosen = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/png', buffer });

/** The file without the chunks that say where it comes from: a PNG is a signature and chunks of length, name, data and sum. */
function withoutMetadata(png: Buffer): Buffer {
  const kept = [png.subarray(0, 8)];
  for (let at = 8; at < png.length;) {
    const end = at + 12 + png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) !== 'iTXt') kept.push(png.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}

const input = (page: Page) => page.getByLabel(/^Choose a/);
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 2, name });

test('a file is dropped, and the page says whether it was made here', async ({ page, browser }) => {
  await page.goto('/');
  const { download, thumb } = await made(page);

  await test.step('the page is found from everywhere, and teaches before anything is asked', async () => {
    await page.getByRole('link', { name: 'Verify' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Was it made here?');
    await expect(heading(page, 'Metadata only say so')).toBeVisible();
  });

  await test.step('with the keyboard alone: the file that was downloaded was made here, and is mine', async () => {
    await input(page).focus();
    await expect(input(page)).toBeFocused();
    let opened = false;
    page.once('filechooser', () => (opened = true));
    const choosing = page.waitForEvent('filechooser');
    // Chromium drops a key that comes too soon after a page was left.
    await expect
      .poll(async () => {
        if (!opened) await page.keyboard.press('Enter');
        return opened;
      })
      .toBe(true);
    const chooser = await choosing;
    await chooser.setFiles(chosen('mountains.png', download));
    await expect(heading(page, 'Made here')).toBeVisible();
    await expect(page.getByText('figment-1', { exact: true })).toBeVisible();
    await expect(page.getByText(`“${PROMPT}”`)).toBeVisible();
    await expect(page.getByRole('img', { name: 'What you chose: mountains.png' })).toBeVisible();
  });

  await test.step('without its metadata it is still known', async () => {
    const bare = withoutMetadata(download);
    expect(bare.length).toBeLessThan(download.length);
    await input(page).setInputFiles(chosen('bare.png', bare));
    await expect(page.getByText('Nothing in the file says how it was made')).toBeVisible();
    await expect(heading(page, 'Made here')).toBeVisible();
  });

  await test.step('somebody else drops a smaller copy, and learns nothing of the owner', async () => {
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto('/verify');
    const transfer = await stranger.evaluateHandle(
      (bytes) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], 'copy.webp', { type: 'image/webp' }));
        return transfer;
      },
      [...thumb],
    );
    await stranger.locator('label').dispatchEvent('drop', { dataTransfer: transfer });
    await expect(heading(stranger, 'A changed copy of a picture made here')).toBeVisible();
    await expect(stranger.getByText(/The picture bears it out/)).toBeVisible();
    await expect(stranger.getByText(PROMPT)).toHaveCount(0);
    await expect(stranger.getByText('It is yours')).toHaveCount(0);
    await stranger.context().close();
  });

  await test.step('a picture from elsewhere is not known, and a file that is none says what to do', async () => {
    await input(page).setInputFiles('public/icon-192.png');
    await expect(heading(page, 'Not made here, as far as one can tell')).toBeVisible();
    await input(page).setInputFiles({ name: 'words.png', mimeType: 'image/png', buffer: Buffer.from('words') });
    await expect(page.getByRole('alert')).toContainText('Only JPEG, PNG, GIF');
  });
});

test('it is reachable for everybody, on every screen and in both schemes', async ({ page }, testInfo) => {
  await page.goto('/');
  const { download } = await made(page);
  for (const screen of SCREENS) {
    await page.setViewportSize(screen);
    for (const scheme of SCHEMES) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.goto('/verify');
      await expect(heading(page, 'Metadata only say so')).toBeVisible();
      await expectAccessible(page, testInfo, `empty-${screen.name}-${scheme}`);
      await input(page).setInputFiles(chosen('mountains.png', download));
      await expect(heading(page, 'Made here')).toBeVisible();
      await expectAccessible(page, testInfo, `made-${screen.name}-${scheme}`);
    }
  }
});

async function expectAccessible(page: Page, testInfo: TestInfo, name: string): Promise<void> {
  const violations = await violationsIn(page);
  expect(violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]?.html}`)).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, name).toBeLessThanOrEqual(0);
  await page.screenshot({ path: testInfo.outputPath(`${name}.png`), fullPage: true });
}
