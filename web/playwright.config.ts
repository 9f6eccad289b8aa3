import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PORT = Number(process.env.FIGMENT_E2E_PORT ?? 8123);
const PROVIDER_PORT = PORT + 1;
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** CHROMIUM_PATH, or the browser that the system has, or (undefined) the one that Playwright brought. */
const executablePath = process.env.CHROMIUM_PATH ?? BROWSERS.find((path) => existsSync(path));

// The config is read again in every worker: only the first reading may choose the folder.
process.env.FIGMENT_E2E_DATA ??= mkdtempSync(join(tmpdir(), 'figment-e2e-'));

export default defineConfig({
  testDir: '../e2e',
  outputDir: '../e2e/test-results',
  timeout: 180_000,
  expect: { timeout: 15_000 },
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${PORT}`,
    // Where nobody can open them, the list of these files only hides what went wrong.
    trace: process.env.CI ? 'off' : 'retain-on-failure',
    screenshot: process.env.CI ? 'off' : 'only-on-failure',
    launchOptions: {
      ...(executablePath !== undefined && { executablePath }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--enable-unsafe-webgpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: [
    {
      command: `.venv/bin/figment serve --port ${PORT}`,
      cwd: ROOT,
      env: {
        FIGMENT_DATA: process.env.FIGMENT_E2E_DATA,
        FIGMENT_MODELS_DIR: join(process.env.FIGMENT_E2E_DATA, 'models'),
        FIGMENT_OIDC: JSON.stringify([
          {
            id: 'club',
            name: 'the club',
            issuer: `http://localhost:${PROVIDER_PORT}`,
            client_id: 'figment',
            client_secret: 'a secret of the tests',
          },
        ]),
      },
      url: `http://127.0.0.1:${PORT}/readyz`,
      timeout: 120_000,
      gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
      reuseExistingServer: !process.env.CI,
      stderr: process.env.FIGMENT_E2E_LOG ? 'pipe' : 'ignore',
    },
    {
      command: `node ${join(ROOT, 'e2e', 'provider.mjs')} ${PROVIDER_PORT} http://localhost:${PORT}`,
      url: `http://localhost:${PROVIDER_PORT}/.well-known/openid-configuration`,
      timeout: 60_000,
      gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
      reuseExistingServer: !process.env.CI,
      stdout: 'ignore',
      stderr: 'ignore',
    },
  ],
});
