// The verification page's own check, in Chromium, over receipts that edge/receipt makes
// (TestThePageAgrees names its address): true ones, and as many changed ones as it has.
// Each page takes a batch, checks it with the browser's cryptography and sends back one
// byte a receipt: 1 accepted, 0 refused, 2 an error that is no refusal.

import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { openBrowser } from './browser.mjs';

const from = process.env.PITLANE_RECEIPTS_FROM;
const pages = Number(process.env.PITLANE_PAGES ?? 2);
const source = readFileSync(new URL('../src/verify/check.ts', import.meta.url), 'utf8');
const check = ts.transpileModule(source, { compilerOptions: { target: 'ES2022', module: 'ES2022' } }).outputText;

const browser = await openBrowser();
try {
  await Promise.all(Array.from({ length: pages }, run));
} finally {
  await browser.close();
}

async function run() {
  const page = await (await browser.newContext()).newPage();
  page.on('pageerror', (e) => console.error(e.message));
  await page.route(`${from}/page`, (r) => r.fulfill({ contentType: 'text/html', body: '<!doctype html><title>receipts</title>' }));
  await page.route(`${from}/check.js`, (r) => r.fulfill({ contentType: 'text/javascript', body: check }));
  await page.goto(`${from}/page`);
  await page.evaluate(async () => {
    const { verify, Refused } = await import('/check.js');
    const judge = async (file) => {
      try {
        await verify(file);
        return 1;
      } catch (e) {
        return e instanceof Refused ? 0 : 2;
      }
    };
    for (;;) {
      const batch = await fetch('/batch');
      if (batch.status !== 200) return;
      const b = await batch.arrayBuffer();
      const view = new DataView(b);
      const verdicts = [];
      for (let at = 0; at < b.byteLength; ) {
        const some = [];
        for (; some.length < 16 && at < b.byteLength; at += 4 + view.getUint32(at)) {
          some.push(judge(new Uint8Array(b.slice(at + 4, at + 4 + view.getUint32(at)))));
        }
        verdicts.push(...(await Promise.all(some)));
      }
      await fetch(`/verdicts/${batch.headers.get('X-Batch')}`, { method: 'POST', body: Uint8Array.from(verdicts) });
    }
  });
}
