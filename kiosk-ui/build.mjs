// Builds every screen by itself into dist/. Names come from the content, so the
// same sources give the same bytes and CI can compare.
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, runnerImport } from 'vite';
import { screens, single } from './screens.mjs';
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
for (const screen of [...screens, ...single]) {
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

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// A single page keeps everything in itself; its policy allows exactly that.
for (const name of single) {
  const page = new URL(`./dist/${name}.html`, import.meta.url);
  let html = await readFile(page, 'utf8');
  const policy = { script: [], style: [] };
  const take = async (pattern, kind, wrap) => {
    for (const [whole, path] of [...html.matchAll(pattern)]) {
      const file = new URL(`./dist${path}`, import.meta.url);
      const text = (await readFile(file, 'utf8')).trim().replaceAll('</script', '<\\/script');
      policy[kind].push(hashOf(text));
      html = html.replace(whole, '');
      html = html.replace(kind === 'style' ? '</head>' : '</body>', () => `${wrap(text)}\n  ${kind === 'style' ? '</head>' : '</body>'}`);
      await rm(file);
    }
  };
  await take(/<link rel="stylesheet"[^>]*href="([^"]+)"[^>]*>\s*/g, 'style', (t) => `<style>${t}</style>`);
  await take(/<script type="module"[^>]*src="([^"]+)"><\/script>\s*/g, 'script', (t) => `<script type="module">${t}</script>`);
  const csp = `default-src 'none'; script-src ${policy.script.join(' ')}; style-src ${policy.style.join(' ')}; base-uri 'none'; form-action 'none'`;
  html = html.replace('<meta charset="utf-8" />', () => `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${csp}" />`);
  await writeFile(page, html);
}
