// What the kiosk says when hanging a key goes wrong, with the example states; needs
// no shop.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { start } from '../dev/mock.mjs';
import { axe, openBrowser, openPage } from './browser.mjs';
import { onPage } from './kiosk.mjs';

let browser, server;
before(async () => { [browser, server] = [await openBrowser(), await start()]; });
after(async () => { await browser?.close(); server?.close(); });

const session = (more) => ({ session: { job: 'j9', ticket: 'R-417', mode: 'checkin', step: 'open', slot: 4, hook: 'open', key: 'absent', ...more } });
const shows = (page, stage) => page.locator(`[data-testid=key-stage][data-stage=${stage}]`).waitFor();

for (const lang of ['zh-Hans', 'zh-Hant', 'en']) {
  test(`each trouble has its words in ${lang}, and a way on`, { timeout: 900_000 }, async () => {
    server.set('kiosk', session({}));
    const page = await openPage(browser, `${server.url}/kiosk?lang=${lang}`);
    await onPage(page, 'key');
    const said = new Set();
    for (const [stage, more] of [
      ['hang', {}], ['seen', { key: 'present' }], ['wrong_slot', { trouble: 'wrong_slot', other: 7 }], ['taken_back', { trouble: 'taken_back' }],
      ['door_open', { trouble: 'door_open' }], ['missed', { hook: 'closed' }],
    ]) {
      server.set('kiosk', session(more));
      await shows(page, stage);
      const text = await page.getByTestId('key-stage').innerText();
      assert.ok(!said.has(text) && !/[{}]/.test(text), `${stage} says ${text}`);
      said.add(text);
      if (stage === 'wrong_slot') assert.match(text, /7/);
      assert.deepEqual(await axe(page), [], stage);
    }
    await page.getByTestId('call-person').waitFor(); // a person can be called from anywhere

    // A slot without a sensor for keys asks for its door, and has no button that nothing answers.
    server.set('kiosk', session({ key: 'unknown' }));
    await page.getByTestId('key-hint').filter({ hasText: '4' }).waitFor();
    assert.equal(await page.getByTestId('key-hung').count(), 0);

    // The key hangs and the visit is handed over, but the door stands open: it is asked for.
    server.set('kiosk', session({ step: 'done', key: 'present' }));
    await shows(page, 'seen');
    server.set('kiosk', { accepting: false, why: 'cabinet_offline' });
    await page.getByTestId('key-why').waitFor();
    server.set('kiosk', { accepting: true, why: undefined });

    // Nobody knows whether it opened: a person is asked for, nothing is opened again.
    await page.route('**/api/v1/checkin/key', (r) => r.fulfill({ json: { slot: 4, outcome: 'unknown' } }));
    server.set('kiosk', session({ step: 'failed', hook: 'closed' }));
    await page.reload();
    await shows(page, 'failed');
    await page.getByTestId('open-slot').click();
    await shows(page, 'unknown');
    assert.equal(await page.getByTestId('open-slot').count(), 0);
    assert.deepEqual(await axe(page), [], 'unknown');
    await page.context().close();
  });
}
