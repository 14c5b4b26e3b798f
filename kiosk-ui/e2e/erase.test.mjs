// The end of a visit's data at the desk: by an advisor, with a reason, confirmed; then
// every node of the running shop has said that it erased too. Makes its own visits.
//
//   PITLANE_RECEPTION=http://127.0.0.1:8080 node --test e2e/erase.test.mjs

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { axe, openBrowser, openPage } from './browser.mjs';

const { PITLANE_RECEPTION: reception, PITLANE_SHOTS: shots } = process.env;
if (!reception) throw new Error('set PITLANE_RECEPTION to a running shop');

let browser;
before(async () => { browser = await openBrowser(); });
after(async () => { await browser?.close(); });

async function post(path, body) {
  const res = await fetch(`${reception}/api/v1/${path}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Pitlane': '1', Origin: reception },
    body: JSON.stringify({ request: randomBytes(16).toString('hex'), ...body }),
  });
  assert.equal(res.status, 200, `${path}: ${await res.clone().text()}`);
  return res.json();
}

const name = { en: 'Chen Planted', 'zh-Hans': '陈植名', 'zh-Hant': '陳植名' };

for (const lang of ['en', 'zh-Hans', 'zh-Hant']) {
  test(`an advisor erases a visit at the desk, in ${lang}`, { timeout: 900_000 }, async () => {
    const page = await openPage(browser, `${reception}/desk?lang=${lang}`, { width: 1280, height: 900 });
    const people = await page.getByTestId('who').locator('option').evaluateAll((o) => o.map((x) => x.value).filter(Boolean));
    const visit = await post('checkin/open', {
      lang, purpose: 'repair', plate: '粤B12345', plate_public: 'masked', phone: '13800000000', name: name[lang],
      complaint: { taps: ['engine light'] }, walkround: { none: true }, belongings: { none: true },
    });
    await post('checkin/decline', { job: visit.job });
    await post('desk/gatepass', { job: visit.job, by: people[0] });

    await page.getByTestId('gone-open').click();
    await page.locator(`[data-testid=gone-job][data-job="${visit.job}"]`).click({ timeout: 60_000 });
    const part = page.getByTestId('erase');
    await part.locator('summary').click();
    assert.equal(await part.getByTestId('do-erase').count(), 0, 'nobody is chosen, and the data may be erased');
    await part.getByTestId('erase-role').waitFor();
    const advisor = await choose(page, people, part);
    assert.ok(advisor, 'no advisor among the staff');
    const go = part.getByTestId('do-erase');
    assert.ok(await go.isDisabled(), 'it may be erased before anything is said');
    await part.getByTestId('erase-all').check();
    await part.getByTestId('erase-why').fill('asked for in writing');
    assert.ok(await go.isDisabled(), 'it may be erased unconfirmed');
    await part.getByTestId('erase-sure').check();
    assert.deepEqual(await axe(page), [], 'before');
    await part.scrollIntoViewIfNeeded();
    if (shots) await page.screenshot({ path: `${shots}/erase-${lang}.png` });
    await go.click();
    await page.locator('[data-testid=erased][data-what=all]').waitFor({ timeout: 60_000 });
    await page.getByTestId('erase-everywhere').waitFor({ timeout: 90_000 });
    assert.ok(!(await page.content()).includes(name[lang]), 'the name is still on the page');
    assert.deepEqual(await axe(page), [], 'after');
    if (shots) await page.screenshot({ path: `${shots}/erased-${lang}.png` });
    await page.context().close();
  });
}

/** Chooses one after another until one may erase. */
async function choose(page, people, part) {
  for (const id of people) {
    await page.getByTestId('who').selectOption(id);
    if (await part.getByTestId('do-erase').count() === 1) return id;
  }
  return '';
}
