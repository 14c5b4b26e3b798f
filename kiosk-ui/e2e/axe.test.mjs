// axe-core over every page of every screen with the example states: each
// language, each theme. Needs no shop.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { start } from '../dev/mock.mjs';
import { clears } from '../dev/states.mjs';
import { axe, openBrowser, openPage } from './browser.mjs';
import { leave, onPage, pickUp, signAndHang, tell } from './kiosk.mjs';
import { openJob } from './staff.mjs';

let browser, server;
before(async () => { [browser, server] = [await openBrowser(), await start()]; });
after(async () => { await browser?.close(); server?.close(); });

// Every language in the plain view, and every view in one language; PITLANE_AXE=all
// is the whole matrix (minutes).
const all = process.env.PITLANE_AXE === 'all';
for (const lang of ['zh-Hans', 'zh-Hant', 'en']) {
  for (const view of all || lang === 'zh-Hans' ? ['', 'large', 'contrast', 'low'] : ['']) {
    test(`kiosk in ${lang} ${view}`, { timeout: 900_000 }, async () => {
      const page = await openPage(browser, `${server.url}/kiosk`);
      const look = async (p, name) => {
        const b = p.getByTestId(`view-${view}`);
        if (view && (await p.locator('dialog').count()) === 0 && (await b.getAttribute('aria-pressed')) !== 'true') await b.click();
        assert.deepEqual(await axe(p), [], name);
      };
      await tell(page, { lang, marks: { left: 'scratch' }, things: ['bag'] }, look);
      await signAndHang(page, {}, look);
      await page.getByTestId('call-person').click();
      await look(page, 'help');
      await page.getByTestId('help-close').click();
      await leave(page);
      await pickUp(page, { lang, code: '40718253' }, look);
      assert.deepEqual(page.wrong, []);
      await page.context().close();
    });
  }

  test(`staff screens and board in ${lang}`, { timeout: 900_000 }, async () => {
    for (const path of ['board', 'bay', 'desk', '']) {
      const page = await openPage(browser, `${server.url}/${path}?lang=${lang}`);
      await page.getByTestId('clock').waitFor();
      assert.deepEqual(await axe(page), [], path);
      assert.deepEqual(page.wrong, []);
      if (path === 'bay') for (const tab of ['readiness', 'readings', 'frames', 'tests', 'units', 'earlier']) {
        await page.getByTestId(`tab-${tab}`).click();
        assert.deepEqual(await axe(page), [], tab);
      }
      if (path === 'bay') {
        await clearing(page);
        await living(page);
        await page.getByTestId('do-extra').click();
        assert.deepEqual(await axe(page), [], 'extra');
      }
      if (path === 'desk') {
        for (const t of ['R-417', 'T-590', 'H-645', 'F-808']) {
          await openJob(page, t);
          assert.deepEqual(await axe(page), [], t);
        }
        await page.getByTestId('limits').locator('summary').click();
        assert.deepEqual(await axe(page), [], 'limits');
        await page.getByTestId('gone-open').click();
        assert.deepEqual(await axe(page), [], 'what was handed back');
        for (const id of ['j9', 'j10']) { // sealed and erased, by keys alone
          if (!(await page.getByTestId('gone').count())) await page.getByTestId('gone-open').click();
          await page.locator(`[data-testid=gone-job][data-job=${id}]`).focus();
          await page.keyboard.press('Enter');
          await page.getByTestId('history').locator('summary').focus();
          await page.keyboard.press('Enter');
          await page.getByTestId('entry').first().waitFor();
          assert.equal(await page.getByTestId('receipt').count(), id === 'j9' ? 1 : 0);
          if (id === 'j9') await page.getByTestId('receipt-qr').waitFor();
          assert.deepEqual(await axe(page), [], `the history of ${id}`);
          await page.keyboard.press('Escape');
          await page.getByTestId('detail').waitFor({ state: 'detached' });
        }
        await page.getByTestId('cabinet-open').click();
        assert.deepEqual(await axe(page), [], 'cabinet');
        await page.getByTestId('slot-1').focus();
        for (const k of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowLeft', 'Enter']) await page.keyboard.press(k); // slot 6, by keys alone
        await page.locator('[data-testid=slot-part][data-slot="6"]').waitFor();
        assert.deepEqual(await axe(page), [], 'an empty slot');
        await page.getByTestId('slot-4').click();
        await page.getByTestId('key-history').locator('summary').click();
        assert.deepEqual(await axe(page), [], 'the history of a key');
      }
      if (path === '') {
        await page.getByTestId('vehicle').first().click();
        await page.getByTestId('visit').first().waitFor();
        assert.deepEqual(await axe(page), [], 'file');
      }
      await page.context().close();
    }
  });
}

// What clearing codes asks, and everything that may come of it.
async function clearing(page) {
  for (const [name, clear] of Object.entries(clears)) {
    server.set('bay', { clear });
    await page.locator(`[data-testid=clear][data-clear="${clear.id}"]`).waitFor();
    assert.deepEqual(await axe(page), [], `clearing: ${name}`);
  }
  await page.getByTestId('do-clear').click();
  await page.getByTestId('because-other').click();
  assert.deepEqual(await axe(page), [], 'why codes are cleared');
  await page.getByTestId('cancel').click();
  server.set('bay', { clear: undefined });
}

// Live values: while they come, what may be chosen, a fault, and their end.
async function living(page) {
  await page.getByTestId('live-on').click();
  await page.getByTestId('value').nth(3).waitFor();
  assert.deepEqual(await axe(page), [], 'live values');
  await page.getByTestId('live-choose').click();
  await page.getByTestId('pid-0D').waitFor();
  assert.deepEqual(await axe(page), [], 'what may be looked at');
  server.set('live', { on: false, error: { kind: 'no_data', message: '', hint: '' } });
  await page.getByTestId('live-error').waitFor();
  assert.deepEqual(await axe(page), [], 'live values that failed');
  server.set('live', { on: false, error: undefined, why: 'expired' });
  await page.getByTestId('live-ended').waitFor();
  assert.deepEqual(await axe(page), [], 'live values that have ended');
}

test('a kiosk left alone asks, then forgets', { timeout: 900_000 }, async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(`${server.url}/kiosk`);
  await page.getByTestId('start-en').click();
  await onPage(page, 'purpose');
  await page.clock.fastForward(61_000);
  await page.clock.runFor(1_500);
  await page.getByTestId('still-here').click();
  await page.getByTestId('idle').waitFor({ state: 'detached' });
  await page.clock.fastForward(61_000);
  await page.clock.runFor(1_500);
  await page.getByTestId('idle').waitFor();
  assert.deepEqual(await axe(page), []);
  await page.clock.fastForward(21_000);
  await page.clock.runFor(1_500);
  await onPage(page, 'greet');
  await context.close();
});

test('the board greys out when its server falls silent', { timeout: 900_000 }, async () => {
  const own = await start();
  const page = await openPage(browser, `${own.url}/board?lang=en`);
  await page.getByTestId('row').first().waitFor();
  own.mute();
  await page.getByTestId('stale').waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => [...document.querySelectorAll('tr[data-testid=row]')].every((r) => /grey|hidden/.test(r.className)));
  assert.deepEqual(await axe(page), []);
  own.close();
});
