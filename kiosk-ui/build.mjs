// Builds every screen by itself into dist/. Names come from the content, so the
// same sources give the same bytes and CI can compare.
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { screens } from './screens.mjs';
import { config } from './vite.config.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));

await rm(new URL('./dist', import.meta.url), { recursive: true, force: true });
for (const screen of screens) {
  await build({
    ...config,
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      ...config.build,
      emptyOutDir: false,
      rolldownOptions: {
        input: { [screen]: `${root}${screen}.html` },
        output: {
          codeSplitting: false,
          entryFileNames: 'assets/[name]-[hash].js',
          chunkFileNames: 'assets/[name]-[hash].js',
          assetFileNames: `assets/${screen}-[hash][extname]`,
        },
      },
    },
  });
}
