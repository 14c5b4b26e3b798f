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
import { checkIn, pickUp, writeSignature } from './kiosk.mjs';
import { assign, finishWork, offerAndApprove, raiseExtra, receiveAndScan, startWork, toGatepass } from './staff.mjs';

const { PITLANE_RECEPTION: reception, PITLANE_BAY: bayAt, PITLANE_CENTRAL: central } = process.env;
if (!reception || !bayAt) throw new Error('set PITLANE_RECEPTION and PITLANE_BAY to the addresses of a running shop (PITLANE_CENTRAL too, where there is one)');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

async function clean(page, name) {
  assert.deepEqual(await axe(page), [], `axe-core on ${name}`);
}

test('a car goes through the whole visit', { timeout: 900_000 }, async () => {
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

test('a call at the kiosk reaches the desk until somebody goes', { timeout: 900_000 }, async () => {
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

// A call as a screen makes it; staff's decisions here need no screen.
async function tap(base, path, body) {
  const request = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
  const res = await fetch(`${base}/api/v1/${path}`, {
    method: 'POST', body: JSON.stringify({ request, ...body }),
    headers: { 'Content-Type': 'application/json', 'X-Pitlane': '1', Origin: base },
  });
  const out = await res.json();
  return res.ok ? out : Promise.reject(new Error(`${path}: ${JSON.stringify(out)}`));
}

// What a bay or the desk has not heard yet it refuses; it hears it soon.
async function soon(...args) {
  for (let tries = 40; ; tries--) {
    try { return await tap(...args); } catch (err) {
      if (tries === 0) throw err;
      await new Promise((done) => setTimeout(done, 250));
    }
  }
}

test('a key is handed out at the desk, signed for', { timeout: 900_000 }, async () => {
  const strokes = [{ points: [{ x: 1, y: 1, time: 0, pressure: 0.5 }, { x: 9, y: 5, time: 9, pressure: 0.5 }] }];
  const { job, ticket, order } = await tap(reception, 'checkin/open', {
    lang: 'en', purpose: 'repair', plate: '粤B54321', plate_public: 'ticket', complaint: { taps: ['noise'] },
    walkround: { none: true }, belongings: { none: true },
  });
  await tap(reception, 'checkin/sign', { job, text_hash: order.text_hash, consent_scan: false, strokes });
  await soon(reception, 'checkin/key', { job });
  await soon(reception, 'checkin/finish', { job });
  const bayName = process.env.PITLANE_BAY_NAME ?? 'bay-1';
  await soon(reception, 'desk/assign', { job, by: 'DI1', bay: bayName, lead: 'TE1' });
  await soon(bayAt, 'bay/receive', { job, by: 'TE1' });
  await soon(bayAt, 'bay/start', { job, by: 'TE1' });
  await soon(bayAt, 'bay/finish', { job, by: 'TE1', cause: 'loose bracket' });
  await soon(reception, 'desk/inspect', { job, by: 'IN1', passed: true, checks: ['test drive'] });
  await soon(reception, 'desk/prepare', { job, by: 'SA1' });
  await soon(reception, 'desk/settle', { job, by: 'CA1', paid: order.total, method: 'cash' });
  await soon(reception, 'desk/gatepass', { job, by: 'CA1' });

  const desk = await openPage(browser, `${reception}/desk?lang=en`, { width: 1600, height: 1400 });
  await desk.getByTestId('who').selectOption({ index: 1 });
  await desk.locator(`[data-testid=job][data-ticket="${ticket}"]`).click();
  await writeSignature(desk);
  await clean(desk, 'desk with a hand-back');
  await desk.getByTestId('do-handback').click();
  await desk.getByTestId('do-handback').waitFor({ state: 'detached' });
  await desk.getByTestId('release-why').fill('ticket lost');
  await desk.getByTestId('do-release').click();
  await desk.locator(`[data-testid=job][data-ticket="${ticket}"]`).waitFor({ state: 'detached', timeout: 60_000 });
  assert.deepEqual(desk.wrong, []);
});

test('the order can be declined as easily as signed', { timeout: 900_000 }, async () => {
  const { tell, leave, onPage } = await import('./kiosk.mjs');
  const kiosk = await openPage(browser, `${reception}/kiosk`);
  await tell(kiosk, { lang: 'en', plate: '沪D12D44', phone: '' });
  await kiosk.getByTestId('decline').click();
  await onPage(kiosk, 'declined');
  await clean(kiosk, 'declined');
  await leave(kiosk);
  assert.deepEqual(kiosk.wrong, []);
});
