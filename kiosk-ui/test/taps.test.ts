import { expect, it } from 'vitest';
import page from '../src/kiosk/pages/Wrong.svelte?raw';
import { complaint } from '../src/staff/taps';

it('what a customer taps is told to the staff in words', () => {
  const taps = [...(page.match(/const all = \[([^\]]*)\]/)?.[1] ?? '').matchAll(/'(\w+)'/g)].map((m) => m[1]!);
  expect(taps.length).toBeGreaterThan(10);
  for (const lang of ['en', 'zh-Hans', 'zh-Hant'] as const) {
    for (const tap of taps) expect(complaint({ taps: [tap] }, lang)).not.toMatch(lang === 'en' ? /_/ : /[a-z]/);
  }
  expect(complaint({ taps: ['noise'], words: 'left front' }, 'en')).toBe('strange noise · left front');
});
