// Pictures of every screen with the example states, and what axe-core says of them:
//   node dev/shots.mjs DIR [screen…] [--size=1280x800] [--lang=zh-Hans] [--view=large]
import { mkdirSync } from 'node:fs';
import { axe, openBrowser, openPage } from '../e2e/browser.mjs';
import { pickUp, tell, signAndHang, leave } from '../e2e/kiosk.mjs';
import { start } from './mock.mjs';

const args = process.argv.slice(2);
const flag = (name, otherwise) => args.find((a) => a.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise;
const [dir = '/tmp/shots', ...only] = args.filter((a) => !a.startsWith('--'));
const [width, height] = flag('size', '1280x800').split('x').map(Number);
const lang = flag('lang', 'zh-Hans');
mkdirSync(dir, { recursive: true });

const server = await start();
const browser = await openBrowser();
let bad = 0;
const seen = async (page, name) => {
  await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
  await page.screenshot({ path: `${dir}/${name}.png` });
  for (const line of await axe(page)) { bad++; console.log(`${name}: ${line}`); }
};
const wants = (name) => only.length === 0 || only.includes(name);

for (const [name, path] of Object.entries({ board: '/board', bay: '/bay', desk: '/desk', office: '/' })) {
  if (!wants(name)) continue;
  const page = await openPage(browser, `${server.url}${path}?lang=${lang}`, { width, height });
  await page.waitForTimeout(400);
  await seen(page, name);
  if (name === 'desk') {
    await page.getByTestId('limits').locator('summary').click();
    await seen(page, 'desk-limits');
    for (const id of ['j9', 'j10']) {
      await page.getByTestId('gone-open').click();
      await page.locator(`[data-testid=gone-job][data-job=${id}]`).click();
      await seen(page, `desk-${id}`);
      await page.getByTestId('history').locator('summary').click();
      await page.getByTestId('entry').first().waitFor();
      await page.getByTestId('history').evaluate((h) => h.scrollIntoView());
      await seen(page, `desk-history-${id}`);
    }
  }
  for (const line of page.wrong) { bad++; console.log(`${name}: ${line}`); }
  await page.context().close();
}

if (wants('kiosk')) {
  const page = await openPage(browser, `${server.url}/kiosk`, { width, height });
  const view = flag('view', '');
  const kseen = async (p, name) => {
    const b = p.getByTestId(`view-${view}`);
    if (view && (await b.getAttribute('aria-pressed')) !== 'true' && (await p.locator('dialog').count()) === 0) await b.click();
    await seen(p, `kiosk-${name}`);
  };
  await tell(page, { lang, marks: { left: 'scratch' }, things: ['tools', 'bag'] }, kseen);
  await signAndHang(page, {}, kseen);
  await page.getByTestId('call-person').click();
  await kseen(page, 'help');
  await page.getByTestId('help-close').click();
  await leave(page);
  await pickUp(page, { lang, code: '40718253' }, kseen);
  for (const line of page.wrong) { bad++; console.log(`kiosk: ${line}`); }
}
await browser.close();
server.close();
process.exitCode = bad ? 1 : 0;
