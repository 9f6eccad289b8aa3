import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import type { Compared, Exposed } from './inference.page';

declare global {
  interface Window extends Exposed {}
}

const ROOT = join(__dirname, '..');
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

// Of 256: one rounding apart in float32, and what float16 arithmetic adds up to.
const FLOAT32 = { worst: 1, mean: 0.01 };
const FLOAT16 = { worst: 6, mean: 0.5 };

let folder: string;
let server: Server;
let policy: string;

test.beforeAll(async ({ request }) => {
  folder = mkdtempSync(join(tmpdir(), 'figment-inference-'));
  rmSync(folder, { recursive: true });
  execFileSync(join(ROOT, '.venv/bin/python'), ['-m', 'tools.parity_case', folder], { cwd: ROOT });
  const vite = join(ROOT, 'web/node_modules/vite/bin/vite.js');
  const built = [
    'build',
    join(ROOT, 'e2e'),
    '--config',
    join(ROOT, 'e2e/inference.vite.ts'),
    '--outDir',
    join(folder, 'page'),
  ];
  execFileSync(process.execPath, [vite, ...built], { cwd: join(ROOT, 'web'), stdio: 'pipe' });
  // Under the rules of the real pages: what they forbid must not be needed.
  policy = (await request.get('/')).headers()['content-security-policy'] ?? '';
  server = createServer((asked, answer) => {
    const path = normalize(asked.url ?? '');
    const file = [join(folder, 'page', path), join(folder, path)].find((candidate) => existsSync(candidate));
    if (file === undefined) {
      answer.writeHead(404).end();
      return;
    }
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    answer.writeHead(200, { 'content-type': type, 'content-security-policy': policy });
    createReadStream(file).pipe(answer);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});

test.afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function opened(page: Page): Promise<void> {
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/inference.page.html`);
  await page.waitForFunction(() => 'compare' in window);
}

function expectSame(compared: Compared, tolerance: typeof FLOAT32): void {
  const { worst, mean, seconds } = compared;
  const description = `of 256: ${worst} at worst, ${mean.toFixed(4)} in the mean; ${seconds.toFixed(1)} s`;
  test.info().annotations.push({ type: 'difference', description });
  expect(compared.steps).toEqual([1, 2]);
  expect(worst).toBeLessThanOrEqual(tolerance.worst);
  expect(mean).toBeLessThanOrEqual(tolerance.mean);
}

test('WebAssembly makes the picture that the server makes', async ({ page }) => {
  await opened(page);
  expectSame(await page.evaluate(() => window.compare('server', 'wasm')), FLOAT32);
});

test('the set for browsers makes it too, but for float16', async ({ page }) => {
  await opened(page);
  expectSame(await page.evaluate(() => window.compare('browser', 'wasm')), FLOAT16);
});

test('WebGPU makes the same picture', async ({ page }) => {
  // A software adapter takes seconds a step.
  test.slow();
  await opened(page);
  expectSame(await page.evaluate(() => window.compare('server', 'webgpu')), FLOAT32);
});

test('the set for browsers is made on WebGPU in float16, or refused in words where the adapter has none', async ({
  page,
}) => {
  test.slow();
  await opened(page);
  const comparing = page.evaluate(() => window.compare('browser', 'webgpu'));
  if (await page.evaluate(() => window.hasHalfFloats())) expectSame(await comparing, FLOAT16);
  else await expect(comparing).rejects.toThrow('float16');
});

test('what is no model is told of', async ({ page }) => {
  await opened(page);
  const opening = page.evaluate(() => window.compare('nowhere', 'wasm'));
  await expect(opening).rejects.toThrow('nowhere/model.json: 404');
});
