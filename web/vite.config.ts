import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';

const backend = process.env.FIGMENT_DEV_BACKEND ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [
    react(),
    VitePWA({
      registerType: 'autoUpdate',
      injectRegister: 'script-defer',
      manifest: {
        name: 'Figment',
        short_name: 'Figment',
        description: 'A studio for images that do not exist.',
        start_url: '/studio',
        display: 'standalone',
        background_color: '#150f19',
        theme_color: '#150f19',
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        // Only the shell is kept. There is no runtimeCaching on purpose: /api, /files and event streams always go to the server.
        globPatterns: ['**/*.{js,css,html,svg}', '**/*-latin-{wght,opsz}-normal-*.woff2'],
        navigateFallback: '/index.html',
        navigateFallbackAllowlist: [/^\/$/, /^\/(studio|atlas)(\/|\?|$)/],
        cleanupOutdatedCaches: true,
      },
    }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { '/api': { target: backend, ws: true }, '/files': backend, '/docs': backend } },
  build: { target: 'es2022', assetsInlineLimit: 2048, chunkSizeWarningLimit: 700 },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
