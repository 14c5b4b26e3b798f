// What is left of a visit that is over: its history on the desk, and the receipt that a
// customer takes. Runs after visit.test.mjs, which brings visits to their end.
//
//   PITLANE_RECEPTION=http://127.0.0.1:8080 PITLANE_TOOL=./pitlane node --test e2e/history.test.mjs

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { axe, openBrowser, openPage } from './browser.mjs';

const { PITLANE_RECEPTION: reception, PITLANE_TOOL: tool, PITLANE_SHOTS: shots } = process.env;
if (!reception || !tool) throw new Error('set PITLANE_RECEPTION to a running shop in which a car was handed back, and PITLANE_TOOL to the program pitlane');

let browser;
let dir;
before(async () => { [browser, dir] = [await openBrowser(), mkdtempSync(join(tmpdir(), 'receipt-'))]; });
after(async () => { await browser?.close(); rmSync(dir, { recursive: true, force: true }); });

const words = { 'zh-Hans': ['登记到店', '已封存，全部列入'], 'zh-Hant': ['登記到店', '已封存，全部列入'], en: ['visit opened', 'Sealed, every entry listed'] };

for (const lang of ['zh-Hans', 'zh-Hant', 'en']) {
  test(`the desk shows how a visit came about, and gives its receipt, in ${lang}`, { timeout: 900_000 }, async () => {
    const page = await openPage(browser, `${reception}/desk?lang=${lang}`, { width: 1280, height: 900 });
    await page.getByTestId('gone-open').focus();
    await page.keyboard.press('Enter');
    const sealed = page.locator('[data-testid=gone-job]', { has: page.locator('.chip') }).first();
    await sealed.waitFor({ timeout: 60_000 });
    assert.deepEqual(await axe(page), [], 'what was handed back');
    if (shots) await page.screenshot({ path: `${shots}/gone-${lang}.png` });
    await sealed.focus();
    await page.keyboard.press('Enter');

    // The code is of the address beside it: the server drew both in one call.
    const address = await page.getByTestId('receipt-address').innerText();
    assert.match(address, /^http:\/\/[^/]+\/receipt\/[0-9a-f]{32}$/);
    assert.ok(address.startsWith(`${reception}/`), 'the address is not the one that the screen was asked by');
    assert.ok(await page.getByTestId('receipt-qr').evaluate((i) => i.decode().then(() => i.naturalWidth > 0)), 'no QR code is drawn');
    assert.equal(await page.getByTestId('receipt-local').count(), 1, 'an address of this computer alone is not said to be one');
    if (shots) await page.screenshot({ path: `${shots}/receipt-${lang}.png` });

    await page.getByTestId('history').locator('summary').focus();
    await page.keyboard.press('Enter');
    await page.locator('[data-testid=entry][data-kind="job.sealed"]').waitFor();
    const text = await page.getByTestId('history').innerText();
    for (const w of words[lang]) assert.ok(text.includes(w), `the history does not say ${w}`);
    const entries = await page.getByTestId('entry').evaluateAll((list) => list.map((l) => ({ ...l.dataset })));
    assert.ok(entries.length > 20, `${entries.length} entries`);
    for (const e of entries) assert.equal(e.seal, /^job\.(sealed|amended)$/.test(e.kind) ? 'seal' : 'listed', e.kind);
    const kinds = entries.map((e) => e.kind);
    for (const [a, b] of [['job.opened', 'order.signed'], ['order.signed', 'work.started'], ['work.started', 'car.handed_back'], ['car.handed_back', 'job.sealed']]) {
      assert.ok(kinds.indexOf(a) >= 0 && kinds.indexOf(a) < kinds.indexOf(b), `${a} is not told before ${b}`);
    }
    assert.deepEqual(await axe(page), [], 'the history');
    if (shots) {
      await page.getByTestId('history').scrollIntoViewIfNeeded();
      await page.getByTestId('history').locator('summary').evaluate((s) => s.scrollIntoView());
      await page.screenshot({ path: `${shots}/history-${lang}.png` });
      await page.emulateMedia({ media: 'print' });
      await page.pdf({ path: `${shots}/receipt-${lang}.pdf` });
      await page.screenshot({ path: `${shots}/print-${lang}.png` });
      await page.emulateMedia({ media: 'screen' });
    }

    // What the phone downloads is what the tool and the page say is genuine.
    const file = join(dir, `${lang}.tlog-proof`);
    const res = await fetch(address);
    assert.match(res.headers.get('content-disposition'), /^attachment; filename="receipt-[\w-]+\.tlog-proof"$/);
    writeFileSync(file, Buffer.from(await res.arrayBuffer()));
    const said = JSON.parse(execFileSync(tool, ['verify', file], { encoding: 'utf8' }));
    assert.equal(said.ok, true);
    assert.equal(said.key, await page.getByTestId('receipt-key').innerText());
    assert.equal(said.witnesses.length, Number(await page.getByTestId('receipt-seen').getAttribute('data-n')));
    const check = await openPage(browser, `${reception}/verify?lang=${lang}`, { width: 420, height: 900 });
    await check.locator('#file').setInputFiles(file);
    await check.locator('[data-testid=answer][data-state=genuine]').waitFor();
    if (shots) {
      await check.emulateMedia({ media: 'print' });
      await check.screenshot({ path: `${shots}/verify-print-${lang}.png`, fullPage: true });
    }
    assert.deepEqual([...page.wrong, ...check.wrong], []);
    await Promise.all([page.context().close(), check.context().close()]);
  });
}

test('no other screen of a shop is sent the history, or a receipt', async () => {
  for (const screen of ['kiosk', 'board', 'bay']) {
    const text = await (await fetch(`${reception}/${screen}`)).text();
    assert.doesNotMatch(text, /job\.sealed|"seals"|"timers"|\/receipt\//, screen);
  }
  assert.equal((await fetch(`${reception}/receipt/${'0'.repeat(32)}`)).status, 404);
  assert.equal((await fetch(`${reception}/api/v1/desk/history?job=nosuchjob`)).status, 404);
});
