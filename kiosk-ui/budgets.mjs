// Ends with 1 when a screen loads more JavaScript than its budget, or names
// anything but its own assets.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { budgets, screens, single, singleBudgets } from './screens.mjs';

const dist = new URL('./dist/', import.meta.url);
let bad = 0;

for (const screen of screens) {
  const html = readFileSync(new URL(`${screen}.html`, dist), 'utf8');
  const loads = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map((m) => m[1]);
  let bytes = 0;
  for (const name of loads.filter((n) => n.endsWith('.js'))) {
    bytes += gzipSync(readFileSync(new URL('.' + name, dist)), { level: 9 }).length;
  }
  const foreign = loads.filter((n) => !n.startsWith('/assets/'));
  const limit = budgets[screen];
  const over = limit !== undefined && bytes > limit;
  const kb = (n) => (n / 1024).toFixed(1).padStart(5) + ' kB';
  console.log(`${screen.padEnd(7)}${kb(bytes)}${limit ? ` of ${kb(limit)}` : ''}${over ? '  OVER BUDGET' : ''}`);
  if (foreign.length > 0) console.log(`${screen}: names another host or path: ${foreign.join(' ')}`);
  if (over || foreign.length > 0) bad = 1;
}
for (const name of single) {
  const html = readFileSync(new URL(`${name}.html`, dist), 'utf8');
  const loads = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map((m) => m[1]);
  const over = Buffer.byteLength(html) > singleBudgets[name];
  console.log(`${name.padEnd(7)}${Buffer.byteLength(html)} of ${singleBudgets[name]} bytes, whole${over ? '  OVER BUDGET' : ''}`);
  if (loads.length > 0) console.log(`${name}: loads ${loads.join(' ')}`);
  if (over || loads.length > 0) bad = 1;
}
process.exitCode = bad;
