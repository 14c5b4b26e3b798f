// Chromium for the browser tests: Debian's, headless, told to call nobody.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.PITLANE_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    env: { ...process.env, TMPDIR: '/tmp' }, // it has a socket there, whose path must be short
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run', '--disable-sync'],
  });
}

/** A page that remembers what went wrong in it: exceptions, console errors, requests to other hosts. */
export async function openPage(browser, url, { width = 1280, height = 800, ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, bypassCSP: false, ...more });
  context.setDefaultTimeout(60_000); // on a loaded machine too
  const page = await context.newPage();
  page.wrong = [];
  page.on('pageerror', (e) => page.wrong.push(`exception: ${e.message}`));
  page.on('console', (m) => m.type() === 'error' && page.wrong.push(`console: ${m.text()}`));
  const { host } = new URL(url);
  page.on('request', (r) => {
    const u = new URL(r.url());
    if (u.protocol !== 'data:' && u.protocol !== 'blob:' && u.host !== host) page.wrong.push(`another host: ${u.host}`);
  });
  await page.goto(url);
  return page;
}

/** What axe-core finds, contrast of 7:1 included, one line each; empty is good. */
export async function axe(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, {
      runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag2aaa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
    });
    return result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary.replaceAll('\n', ' ').slice(0, 260)}`));
  });
  return found;
}
