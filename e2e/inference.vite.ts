/** How the page of inference.spec.ts is built: no plug-ins, and workers that may load the runtime of their device when they know it. */
export default {
  base: './',
  worker: { format: 'es' },
  build: { target: 'es2022', emptyOutDir: true, rollupOptions: { input: 'inference.page.html' } },
};
