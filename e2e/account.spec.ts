import { expect, test, type Browser, type Page } from '@playwright/test';
import { violationsIn } from './axe';

// Passkeys belong to a name, not to a number: 127.0.0.1 has none.
const BASE = `http://localhost:${process.env.FIGMENT_E2E_PORT ?? 8123}`;
const PASSWORD = 'four words nobody joins';

const you = (page: Page) => page.getByRole('button', { name: 'You', exact: true });
const unique = (name: string) => `${name}-${Date.now().toString(36)}`;

/** A device with a fingerprint reader that says yes (Web Authentication level 3, section 11). */
async function withPasskeys(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

async function signOut(page: Page): Promise<void> {
  // A busy machine can lose a click on a menu that is still opening.
  await expect(async () => {
    const leave = page.getByRole('button', { name: 'Sign out' });
    if (!(await leave.isVisible())) await you(page).click();
    await leave.click({ timeout: 3_000 });
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible({ timeout: 5_000 });
  }).toPass({ timeout: 40_000 });
}

async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ baseURL: BASE });
  return await context.newPage();
}

test('a passkey makes an account, and signs in to it', async ({ browser }) => {
  const page = await newPage(browser);
  const username = unique('ada');
  await withPasskeys(page);

  await test.step('a guest makes something, and an account that keeps it', async () => {
    await page.goto('/studio');
    await page.getByLabel('Prompt', { exact: true }).fill('A red house in a meadow');
    await page.getByRole('button', { name: 'Generate' }).click();
    await expect(page.getByRole('article', { name: 'A red house in a meadow' })).toBeVisible();
    await you(page).click();
    await page.getByRole('link', { name: 'Make an account' }).click();
    await page.getByLabel('A name to sign in with').fill(username);
    await page.getByRole('button', { name: 'Continue with a passkey' }).click();
    await page.waitForURL('**/studio');
    await expect(page.getByRole('article', { name: 'A red house in a meadow' })).toBeVisible();
  });

  await test.step('signed out, it is gone; the passkey brings it back', async () => {
    await signOut(page);
    await page.goto('/studio');
    await expect(page.getByRole('button', { name: 'A blue boat on the sea at sunset' })).toBeVisible();
    await page.goto('/sign-in');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL('**/studio');
    await expect(page.getByRole('article', { name: 'A red house in a meadow' })).toBeVisible();
  });

  await test.step('the account shows it, and takes a password as well', async () => {
    await page.goto('/account');
    await expect(page.getByText(/Made .*, last used/)).toBeVisible();
    await page.getByRole('textbox', { name: 'New password' }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Set a password' }).click();
    await expect(page.getByText('Your password is set.')).toBeVisible();
    await signOut(page);
    await page.getByLabel('Your name to sign in with').fill(username.toUpperCase());
    await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('alert')).toHaveText('The name or the password is wrong.');
    await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL('**/studio');
  });

  await test.step('everything is deleted', async () => {
    await page.goto('/account');
    await page.getByLabel('To confirm').fill(username);
    await page.getByRole('button', { name: 'Delete everything' }).click();
    await page.waitForURL('**/studio');
    await you(page).click();
    await expect(page.getByText('You are here as a guest.')).toBeVisible();
  });
  await page.context().close();
});

test('an account of another service signs up, and comes back', async ({ browser }) => {
  const name = unique('grace');
  const there = async (page: Page): Promise<void> => {
    await page.goto('/sign-in');
    await page.getByRole('link', { name: 'Sign in with the club' }).click();
    await page.getByPlaceholder('Enter any login').fill(name);
    await page.getByPlaceholder('and password').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${BASE}/studio`);
    await you(page).click();
    await expect(page.getByText(`${name} of the club`)).toBeVisible();
  };
  const first = await newPage(browser);
  await there(first);
  await first.goto('/account');
  await expect(first.getByText(`You sign in as ${name}@club.example.`)).toBeVisible();
  const second = await newPage(browser);
  await there(second);
  await second.goto('/account');
  await expect(second.getByRole('region', { name: 'Devices' }).getByRole('listitem')).toHaveCount(2);
  await first.context().close();
  await second.context().close();
});

test('the pages of accounts have no violations that axe can find', async ({ browser }) => {
  const page = await newPage(browser);
  await page.goto('/sign-up');
  await page.getByLabel('A name to sign in with').fill(unique('axe'));
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign up with the password' }).click();
  await page.waitForURL('**/studio');
  for (const path of ['/sign-in', '/sign-up', '/forgot', '/reset#x', '/verify-email#x', '/account', '/people']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [390, 1440]) {
        await page.setViewportSize({ width, height: 844 });
        await page.emulateMedia({ colorScheme });
        await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
        const violations = await violationsIn(page);
        expect(violations, `${path} ${colorScheme} ${width}`).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }
  }
  await page.context().close();
});
