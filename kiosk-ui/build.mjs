// Builds every screen by itself into dist/. Names come from the content, so the
// same sources give the same bytes and CI can compare.
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, runnerImport } from 'vite';
import { screens } from './screens.mjs';
import { config } from './vite.config.mjs';

// Else reading the messages would switch the whole build to a development one.
process.env.NODE_ENV = 'production';

const root = fileURLToPath(new URL('.', import.meta.url));

// The kiosk's messages are data, not script: they lie in the page, so that an old
// panel parses them as JSON and only once.
async function messages(screen) {
  if (screen !== 'kiosk') return null;
  const { module } = await runnerImport(`${root}src/kiosk/words.ts`, { configFile: false, logLevel: 'warn' });
  const json = JSON.stringify(module.words).replaceAll('<', '\\u003c');
  return {
    name: 'messages',
    transformIndexHtml: (html) => html.replace('<!--messages-->', () => `<script type="application/json" id="words">${json}</script>`),
  };
}

await rm(new URL('./dist', import.meta.url), { recursive: true, force: true });
for (const screen of screens) {
  await build({
    ...config,
    plugins: [...config.plugins, await messages(screen)],
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
