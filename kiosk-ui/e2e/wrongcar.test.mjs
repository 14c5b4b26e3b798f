// Another car than the job's in the bay: the screen says so, work is locked, and a
// person decides. The car is scanned in the first bay, the job sent to the second,
// whose adapter is in another car. PITLANE_SHOTS is a folder for pictures.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, openBrowser, openPage } from './browser.mjs';
import { checkIn } from './kiosk.mjs';
import { assign, iAm, openJob, receiveAndScan } from './staff.mjs';

const { PITLANE_RECEPTION: reception, PITLANE_BAY: bay1At, PITLANE_BAY2: bay2At, PITLANE_SHOTS: shots } = process.env;
if (!reception || !bay1At || !bay2At) throw new Error('set PITLANE_RECEPTION, PITLANE_BAY and PITLANE_BAY2 to the addresses of a running shop');

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

const nameOf = (page) => page.evaluate(() => JSON.parse(document.getElementById('state').textContent).view.bay);
const shot = async (page, name) => { if (shots) await page.screenshot({ path: `${shots}/${name}.png` }); };
const clean = async (page, name) => assert.deepEqual(await axe(page), [], `axe-core on ${name}`);

/** Sends a car that stands in one bay to another. */
async function sendTo(desk, ticket, bay) {
  const seen = await desk.request.post(`${reception}/api/v1/desk/assign`, {
    headers: { 'X-Pitlane': '1', Origin: reception },
    data: { request: crypto.randomUUID().replaceAll('-', ''), by: 'DI1', job: await jobOf(desk, ticket), bay, lead: 'TE1' },
  });
  assert.equal(seen.status(), 200, await seen.text());
}
const jobOf = async (desk, ticket) => {
  const state = await (await desk.request.get(`${reception}/desk`)).text();
  const view = JSON.parse(/<script[^>]*id="state"[^>]*>(.*?)<\/script>/s.exec(state)[1]).view;
  return view.jobs.find((j) => j.ticket === ticket).id;
};

test('another car than the job’s waits for a person', { timeout: 900_000 }, async () => {
  const kiosk = await openPage(browser, `${reception}/kiosk?lang=zh-Hans`);
  const desk = await openPage(browser, `${reception}/desk?lang=en`, { width: 1600, height: 1400 });
  const [first, second] = [await openPage(browser, `${bay1At}/bay?lang=en`, { height: 1000 }), await openPage(browser, `${bay2At}/bay?lang=en`, { height: 1000 })];
  const { ticket } = await checkIn(kiosk, { plate: '粤B67890' });
  await assign(desk, ticket, await nameOf(first));
  await receiveAndScan(first, ticket);
  await sendTo(desk, ticket, await nameOf(second));
  await receiveAndScan(second, ticket);

  const wrong = second.getByTestId('wrong-car');
  await wrong.waitFor({ timeout: 60_000 });
  const [booked, found] = [await second.getByTestId('vin-booked').innerText(), await second.getByTestId('vin-found').innerText()];
  assert.match(booked, /^\w{3}….{4}$/);
  assert.match(found, /^\w{3}….{4}$/);
  assert.notEqual(booked, found);
  const start = second.getByTestId('do-start');
  assert.ok(await start.isDisabled(), 'work can start on a car that may be the wrong one');
  assert.equal(await start.getAttribute('data-why'), 'mismatch');
  await clean(second, 'bay with the wrong car');
  await shot(second, 'wrong-car-bay-en');
  for (const lang of ['zh-Hans', 'zh-Hant']) {
    const other = await openPage(browser, `${bay2At}/bay?lang=${lang}`, { height: 1000 });
    await other.getByTestId('wrong-car').waitFor();
    await shot(other, `wrong-car-bay-${lang}`);
    await other.context().close();
  }
  await openJob(desk, ticket);
  await desk.getByTestId('wrong-car').waitFor();
  await clean(desk, 'desk with the wrong car');
  await shot(desk, 'wrong-car-desk');

  // It is the wrong car: it leaves, and the next one has to be received.
  await second.getByTestId('wrong-car-yes').click();
  await wrong.waitFor({ state: 'detached', timeout: 60_000 });
  await second.locator('[data-testid=bay][data-phase=dispatched]').waitFor({ timeout: 60_000 });
  await shot(second, 'wrong-car-decided');

  // The same adapter again: this time it is the job's car with another control unit.
  await receiveAndScan(second, ticket);
  await second.getByTestId('same-car').click();
  await second.getByTestId('ask-car').waitFor();
  await clean(second, 'bay asking why');
  await shot(second, 'wrong-car-why');
  await second.getByTestId('car-sameUnit').click();
  await second.getByTestId('wrong-car').waitFor({ state: 'detached', timeout: 60_000 });
  await second.locator('[data-testid=do-start]:not([disabled])').waitFor({ timeout: 60_000 });
  await second.getByTestId('tab-earlier').click();
  await second.getByTestId('compare').waitFor();
  await clean(second, 'bay comparing');
  await shot(second, 'compare-bay');
  await iAm(desk, 'SA');
  for (const page of [kiosk, desk, first, second]) assert.deepEqual(page.wrong, []);
});
