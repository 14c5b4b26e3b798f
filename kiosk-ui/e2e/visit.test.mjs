// One car through every screen of a running shop: checked in, hung, assigned,
// received, scanned, repaired, inspected, settled, picked up.
//
//   PITLANE_RECEPTION=http://127.0.0.1:8080 PITLANE_BAY=http://127.0.0.1:8081 \
//   PITLANE_CENTRAL=http://127.0.0.1:8090 node --test e2e/visit.test.mjs
//
// PITLANE_BAY_NAME names the bay behind PITLANE_BAY when it is not the first.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, openBrowser, openPage } from './browser.mjs';
import { checkIn, pickUp } from './kiosk.mjs';
import { assign, finishWork, offerAndApprove, raiseExtra, receiveAndScan, startWork, toGatepass } from './staff.mjs';

const { PITLANE_RECEPTION: reception, PITLANE_BAY: bayAt, PITLANE_CENTRAL: central } = process.env;
if (!reception || !bayAt) throw new Error('set PITLANE_RECEPTION and PITLANE_BAY to the addresses of a running shop (PITLANE_CENTRAL too, where there is one)');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

async function clean(page, name) {
  assert.deepEqual(await axe(page), [], `axe-core on ${name}`);
}

test('a car goes through the whole visit', { timeout: 240_000 }, async () => {
  const plate = '粤B12345';
  const kiosk = await openPage(browser, `${reception}/kiosk?lang=zh-Hans`);
  const board = await openPage(browser, `${reception}/board?rows=30`, { width: 1920, height: 1080 });
  const desk = await openPage(browser, `${reception}/desk`);
  const bay = await openPage(browser, `${bayAt}/bay`);

  const { ticket, code } = await checkIn(kiosk, { plate, marks: { left: 'scratch' } }, clean);
  assert.match(code, /^\d{8}$/);
  const row = board.locator(`[data-testid=row][data-ticket="${ticket}"]`);
  await row.waitFor();
  await clean(board, 'board');

  const name = process.env.PITLANE_BAY_NAME ?? (await bay.evaluate(() => JSON.parse(document.getElementById('state').textContent).view.bay));
  await assign(desk, ticket, name);
  await clean(desk, 'desk');
  const codes = await receiveAndScan(bay, ticket);
  await clean(bay, 'bay');

  // The public screen says how far the car is, and nothing of what it is.
  const seen = await board.locator('body').innerText();
  assert.ok(!seen.includes(plate) && !seen.includes('粤B·12345'), 'the board shows a whole plate');
  for (const c of codes) assert.ok(!seen.includes(c), 'the board shows a trouble code');

  await startWork(bay);
  await raiseExtra(bay, { safety: true });
  await offerAndApprove(desk, ticket);
  await finishWork(bay);
  await toGatepass(desk, ticket);
  await board.locator(`[data-testid=row][data-ticket="${ticket}"][data-word=ready]`).waitFor();

  await pickUp(kiosk, { code, stars: 5 }, clean);
  await desk.locator(`[data-testid=job][data-ticket="${ticket}"]`).waitFor({ state: 'detached' });

  if (central) {
    const office = await openPage(browser, `${central}/`);
    await office.getByTestId('vehicle').first().click();
    await office.locator(`[data-testid=visit][data-ticket="${ticket}"], [data-testid=file]`).first().waitFor();
    await clean(office, 'office');
    assert.deepEqual(office.wrong, []);
  }
  for (const page of [kiosk, board, desk, bay]) assert.deepEqual(page.wrong, []);
});

test('a call at the kiosk reaches the desk until somebody goes', { timeout: 60_000 }, async () => {
  const kiosk = await openPage(browser, `${reception}/kiosk?lang=en`);
  const desk = await openPage(browser, `${reception}/desk`);
  await kiosk.getByTestId('call-person').click();
  const call = desk.getByTestId('call');
  await call.waitFor();
  await clean(desk, 'desk with a call');
  await desk.getByTestId('who').selectOption({ index: 1 });
  await desk.getByTestId('call-answered').click();
  await call.waitFor({ state: 'detached' });
  assert.deepEqual(desk.wrong, []);
});

test('the order can be declined as easily as signed', { timeout: 60_000 }, async () => {
  const { tell, leave, onPage } = await import('./kiosk.mjs');
  const kiosk = await openPage(browser, `${reception}/kiosk`);
  await tell(kiosk, { lang: 'en', plate: '沪D12D44', phone: '' });
  await kiosk.getByTestId('decline').click();
  await onPage(kiosk, 'declined');
  await clean(kiosk, 'declined');
  await leave(kiosk);
  assert.deepEqual(kiosk.wrong, []);
});
