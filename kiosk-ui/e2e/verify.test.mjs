// The verification page as a file, in Chromium, without any network: a true receipt,
// one with a flipped bit, and what is no receipt. edge/receipt (TestThePageInABrowser)
// writes them and names their folder.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, openBrowser } from './browser.mjs';

const dir = process.env.PITLANE_RECEIPTS_DIR;
const shots = process.env.PITLANE_SHOTS;
const html = new URL('../dist/verify.html', import.meta.url);

let browser;
before(async () => { browser = await openBrowser(); });
after(async () => { await browser?.close(); });

for (const lang of ['en', 'zh-Hans', 'zh-Hant']) {
  test(`a receipt is checked from a file, in ${lang}`, { timeout: 900_000 }, async () => {
    const context = await browser.newContext({ offline: true, viewport: { width: 420, height: 900 } });
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const wrong = [];
    page.on('pageerror', (e) => wrong.push(e.message));
    page.on('console', (m) => m.type() === 'error' && wrong.push(m.text()));
    page.on('request', (r) => r.url() !== page.url() && !r.url().startsWith('file:') && wrong.push(`asks ${r.url()}`));
    await page.goto(`${html}?lang=${lang}`);
    assert.deepEqual(await axe(page), []);
    for (const [file, state] of [['good', 'whole'], ['flipped', 'refused'], ['none', 'refused']]) {
      await page.locator('#file').setInputFiles(`${dir}/${file}.tlog-proof`);
      const answer = page.locator(`[data-testid=answer][data-state=${state}]`);
      await answer.waitFor({ timeout: 60_000 });
      assert.deepEqual(await axe(page), [], file);
      if (file === 'good') assert.match(await answer.textContent(), /A-001.*demo-central/s);
      if (shots) await page.screenshot({ path: `${shots}/verify-${lang}-${file}.png`, fullPage: true });
    }
    assert.deepEqual(wrong, []);
    await context.close();
  });
}
