// What the technician does to the car's electronics, in a running shop: live values
// are watched, codes are cleared once, and a scan then says that they are gone.
//
// Addresses as for visit.test.mjs; the visit here is in the second bay where there is one.
// PITLANE_SHOTS=FOLDER keeps pictures of each step.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, openBrowser, openPage } from './browser.mjs';
import { scan } from './staff.mjs';

const { PITLANE_RECEPTION: reception, PITLANE_BAY: first, PITLANE_BAY2: second, PITLANE_SHOTS: shots } = process.env;
if (!reception || !first) throw new Error('set PITLANE_RECEPTION and PITLANE_BAY to the addresses of a running shop');
const bayAt = second ?? first;

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

async function seen(page, name) {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  // At the end of the page the bar that stays at the bottom lies over nothing: elsewhere
  // whatever happens to be half under it would be too small a target.
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  assert.deepEqual(await axe(page), [], name);
  const small = await page.locator('[data-testid=clear] button:visible, [data-testid=live] button:visible, dialog button:visible').evaluateAll(
    (all) => all.map((b) => [b.dataset.testid, b.getBoundingClientRect().height]).filter(([, h]) => h < 64));
  assert.deepEqual(small, [], `${name}: targets below 64 px`);
}

async function tap(base, path, body) {
  const request = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
  const res = await fetch(`${base}/api/v1/${path}`, {
    method: 'POST', body: JSON.stringify({ request, ...body }),
    headers: { 'Content-Type': 'application/json', 'X-Pitlane': '1', Origin: base },
  });
  const out = await res.json();
  return res.ok ? out : Promise.reject(new Error(`${path}: ${JSON.stringify(out)}`));
}

// What a node has not heard yet it refuses; it hears it soon.
async function soon(...args) {
  for (let tries = 60; ; tries--) {
    try { return await tap(...args); } catch (err) {
      if (tries === 0) throw err;
      await new Promise((done) => setTimeout(done, 250));
    }
  }
}

test('live values are watched and codes are cleared', { timeout: 900_000 }, async () => {
  const page = await openPage(browser, `${bayAt}/bay?lang=en`, { width: 1280, height: 1000 });
  const bay = await page.evaluate(() => JSON.parse(document.getElementById('state').textContent).view.bay);
  const strokes = [{ points: [{ x: 1, y: 1, time: 0, pressure: 0.5 }, { x: 9, y: 5, time: 9, pressure: 0.5 }] }];
  const { job, order } = await tap(reception, 'checkin/open', {
    lang: 'en', purpose: 'repair', plate: '粤B67890', plate_public: 'ticket', complaint: { taps: ['engine_light'] },
    walkround: { none: true }, belongings: { none: true },
  });
  await tap(reception, 'checkin/sign', { job, text_hash: order.text_hash, consent_scan: true, strokes });
  await soon(reception, 'checkin/key', { job });
  await soon(reception, 'checkin/finish', { job });
  await soon(reception, 'desk/assign', { job, by: 'DI1', bay, lead: 'TE1' });
  await soon(bayAt, 'bay/receive', { job, by: 'TE1' });
  let early = 0; // what was read before is on the screen while the scan goes on
  const codes = await scan(page, async () => {
    await page.locator('[data-testid=scan][data-running=true] [data-testid=tab-readings]').click();
    await page.locator('[data-testid=scan][data-running=true] [data-testid=readings] tbody tr').first().waitFor({ timeout: 60_000 });
    early = await page.locator('[data-testid=readings] tbody tr').count();
    await page.getByTestId('tab-codes').click();
  });
  assert.ok(codes.length > 0, 'the practice car has codes');
  assert.ok(early > 0, 'nothing is seen before the end of a scan');
  await everyTab(page, 'en');

  // Live: the person at the wheel starts the engine when its speed is watched.
  await page.getByTestId('live-on').click();
  const rpm = page.locator('[data-testid=value][data-pid="0C"]').first();
  await rpm.waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => Number(document.querySelector('[data-testid=value][data-pid="0C"]')?.dataset.value) > 300, null, { timeout: 60_000 });
  await page.waitForFunction(() => (document.querySelector('.lives polyline')?.getAttribute('points') ?? '').split(' ').length > 40, null, { timeout: 60_000 });
  await seen(page, 'live');
  await page.getByTestId('live-choose').click();
  const more = page.locator('.choices button[aria-pressed=false]').first();
  const pid = (await more.getAttribute('data-testid')).replace('pid-', '');
  await more.click();
  await page.locator(`[data-testid=value][data-pid="${pid}"]`).first().waitFor({ timeout: 60_000 });
  await seen(page, 'live-choose');

  // With the engine running nothing is cleared.
  await clear(page);
  await page.locator('[data-testid=clear-error][data-kind=engine_running]').waitFor({ timeout: 60_000 });
  await seen(page, 'clear-refused');
  await page.getByTestId('live-off').click();
  await page.getByTestId('live-on').waitFor();

  await page.getByTestId('do-clear').click();
  await seen(page, 'clear-ask');
  await page.getByTestId('cancel').click();
  // The person at the wheel stops the engine when nobody has asked for its speed for
  // three seconds; until then nothing is cleared.
  const cleared = page.locator('[data-testid=clear][data-state=cleared]');
  for (let tries = 15; tries > 0 && (await cleared.count()) === 0; tries--) {
    await new Promise((done) => setTimeout(done, 4_000));
    const before = await page.getByTestId('clear').getAttribute('data-clear');
    await clear(page);
    await cleared.or(page.locator(`[data-testid=clear]:not([data-clear="${before}"]):has([data-testid=clear-error])`)).waitFor({ timeout: 60_000 });
  }
  await cleared.waitFor();
  await page.locator('[data-testid=clear-unit][data-outcome=cleared]').first().waitFor();
  await seen(page, 'clear-done');

  const left = await scan(page);
  const stored = await page.locator('[data-testid=code]:not([data-status=permanent])').count();
  assert.equal(stored, 0, `after clearing the scan still shows ${left}`);
  for (const lang of ['zh-Hans', 'zh-Hant']) {
    const other = await openPage(browser, `${bayAt}/bay?lang=${lang}`, { width: 1280, height: 1000 });
    await other.locator('[data-testid=clear][data-state=cleared]').waitFor();
    await other.getByTestId('live-on').click();
    await other.getByTestId('value').first().waitFor({ timeout: 60_000 });
    await seen(other, `bay-${lang}`);
    await everyTab(other, lang);
    assert.deepEqual(other.wrong, []);
    await other.context().close();
  }
  assert.deepEqual(page.wrong.filter((w) => !w.includes('409')), []); // the refusal is one
});

// Every page of a scan; each unit says of each list how it answered.
async function everyTab(page, lang) {
  for (const tab of await page.locator('[data-testid^=tab-]').evaluateAll((all) => all.map((b) => b.dataset.testid))) {
    await page.getByTestId(tab).click();
    await seen(page, `${tab}-${lang}`);
    if (tab !== 'tab-codes') continue;
    const states = await page.getByTestId('answer').evaluateAll((all) => all.filter((a) => a.dataset.list === 'stored').map((a) => a.dataset.state));
    assert.ok(states.length > 0 && states.every((s) => s === 'ok'), `stored codes: ${states}`);
  }
  await page.getByTestId('tab-codes').click();
}

async function clear(page) {
  await page.locator('[data-testid=do-clear]:not([disabled])').waitFor({ timeout: 60_000 });
  await page.getByTestId('do-clear').click();
  await page.getByTestId('because-repaired').click();
  await page.getByTestId('send').click();
}
