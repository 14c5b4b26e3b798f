// Pictures of every screen with the example states, to look at: node dev/shots.mjs DIR [screen…]
import { mkdirSync } from 'node:fs';
import { axe, openBrowser, openPage } from '../e2e/browser.mjs';
import { start } from './mock.mjs';

const [dir = '/tmp/shots', ...only] = process.argv.slice(2);
mkdirSync(dir, { recursive: true });
const server = await start();
const browser = await openBrowser();
const pages = { board: '/board', bay: '/bay', desk: '/desk', office: '/', kiosk: '/kiosk' };
for (const [name, path] of Object.entries(pages)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const page = await openPage(browser, server.url + path, { width: 1280, height: 800, locale: name === 'board' ? 'zh-CN' : 'zh-CN' });
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${dir}/${name}.png` });
  for (const line of [...page.wrong, ...(await axe(page))]) console.log(`${name}: ${line}`);
  await page.context().close();
}
await browser.close();
server.close();
