// What goes wrong with a key, in a running shop whose slot 1 is jammed
// (pitlane-sim --by-hand --jammed 1): a slot that does not open and the next one, a
// browser that is started again in the middle, the alarm at the desk and who looked,
// and a key taken for work. To be run first: the jammed slot is offered once.
//
//   PITLANE_RECEPTION=http://127.0.0.1:8080 node --test e2e/keys.test.mjs

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, openBrowser, openPage } from './browser.mjs';
import { leave, onPage, tell, writeSignature } from './kiosk.mjs';
import { iAm } from './staff.mjs';

const { PITLANE_RECEPTION: reception } = process.env;
if (!reception) throw new Error('set PITLANE_RECEPTION to the address of a running shop');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

const stage = (page, name, timeout = 60_000) => page.locator(`[data-testid=key-stage][data-stage=${name}]`).waitFor({ timeout });

test('a jammed slot, another slot, a restarted browser, and the alarm at the desk', { timeout: 900_000 }, async () => {
  let kiosk = await openPage(browser, `${reception}/kiosk?lang=en`);
  await kiosk.getByTestId('start-en').waitFor();
  await tell(kiosk, { lang: 'en', plate: '粤B77777', phone: '' });
  await kiosk.getByTestId('agree').click();
  await onPage(kiosk, 'sign');
  await kiosk.getByTestId('consent-yes').click();
  await writeSignature(kiosk);
  await kiosk.getByTestId('sign').click();
  await onPage(kiosk, 'key');

  // The browser dies and comes back: the check-in goes on at its key.
  await kiosk.context().close();
  kiosk = await openPage(browser, `${reception}/kiosk?lang=en`);
  await onPage(kiosk, 'key');
  await kiosk.getByTestId('open-slot').click();
  await stage(kiosk, 'failed');
  assert.equal(await kiosk.getByTestId('slot').getAttribute('data-slot'), '1');
  assert.deepEqual(await axe(kiosk), [], 'a slot that did not open');

  const desk = await openPage(browser, `${reception}/desk?lang=en`, { width: 1600, height: 1200 });
  const alarm = desk.locator('[data-testid=alarm][data-what=unlock_failed][data-slot="1"]');
  await alarm.waitFor();
  await desk.getByTestId('cabinet-open').click();
  await desk.locator('[data-testid=slot-1][data-alarm=unlock_failed]').waitFor();
  assert.deepEqual(await axe(desk), [], 'the map with an alarm');

  // Another slot. Its door stands open for as long as a hand needs: on a busy machine
  // that may be too short to be drawn.
  const asked = kiosk.waitForResponse((r) => r.url().endsWith('/api/v1/checkin/key'), { timeout: 60_000 });
  await kiosk.getByTestId('open-slot').click();
  const { slot, outcome } = await (await asked).json();
  assert.deepEqual([slot, outcome], [2, 'opened']);
  await onPage(kiosk, 'done');
  const ticket = (await kiosk.getByTestId('ticket').innerText()).trim();
  await leave(kiosk);

  await alarm.waitFor(); // it stands though the customer is gone
  await alarm.getByTestId('acknowledge').click();
  await desk.getByTestId('trouble').waitFor(); // not without a name
  await iAm(desk, 'SA');
  await alarm.getByTestId('acknowledge').click();
  await alarm.waitFor({ state: 'detached' });

  // The key goes to work and comes back, by keys alone: once the customer has shut the
  // door. One that stands open does not open, and nobody would be called to it.
  await desk.locator('[data-testid=slot-2][data-hook=closed][data-key=present]').waitFor({ timeout: 60_000 });
  await desk.getByTestId('slot-1').focus();
  await desk.keyboard.press('ArrowRight');
  await desk.keyboard.press('Enter');
  const part = desk.getByTestId('slot-part');
  await part.getByText(ticket).first().waitFor();
  await part.getByTestId('do-take').click();
  await part.locator('[data-testid=key-part][data-where=technician]').waitFor({ timeout: 60_000 });
  await desk.locator('[data-testid=slot-2][data-hook=closed][data-key=absent]').waitFor({ timeout: 60_000 });
  await part.getByTestId('do-return').click();
  await part.locator('[data-testid=key-part][data-where=slot]').waitFor({ timeout: 60_000 });
  await part.getByTestId('key-history').locator('summary').click();
  for (const what of ['slot.unlock_failed', 'key.hung', 'key.taken', 'alarm.acknowledged']) {
    await part.locator(`[data-testid=key-move][data-what="${what}"]`).first().waitFor();
  }
  assert.deepEqual(await axe(desk), [], 'the history of a key');
  for (const page of [kiosk, desk]) assert.deepEqual(page.wrong, []);
});
