import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** The dashboard: src/dashboard into dist/dashboard, which the HTTP server serves at /. */
export default defineConfig({
  root: fileURLToPath(new URL('src/dashboard', import.meta.url)),
  publicDir: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('dist/dashboard', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page lets nothing be inlined into it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
