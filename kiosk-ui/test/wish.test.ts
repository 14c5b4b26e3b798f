// What the desk says of a key in another edge's cabinet.

import { expect, test } from 'vitest';
import { wishText } from '../src/desk/keys';
import { keyWords } from '../src/desk/keywords';
import { langs } from '../src/shared/i18n';
import type { DeskKey } from '../src/shared/types';

const key = (more: Partial<DeskKey> = {}): DeskKey => ({ where: 'slot', since: '2026-11-22T09:00:00Z', moves: [], other: 'demo-reception', ...more });
const wish = (state: string, why = '', at = '2026-11-22T10:00:00Z') => ({ at, to: 'demo-reception', slot: 3, state, why, by: 't1' });

test('a wish is waiting, refused with its reason, or opened', () => {
  expect(wishText(key(), 'en')).toContain('demo-reception');
  expect(wishText(key({ wish: wish('waiting') }), 'en')).toContain('waiting');
  expect(wishText(key({ wish: wish('refused', 'wish_stale') }), 'en')).toContain('too late');
  expect(wishText(key({ wish: wish('opened') }), 'en')).toContain('has opened slot 3');
});

test('a wish of an earlier stay of the key is not told again, and a key that hangs here has none', () => {
  expect(wishText(key({ wish: wish('opened', '', '2026-11-22T08:00:00Z') }), 'en')).toBe(wishText(key(), 'en'));
  expect(wishText(key({ other: undefined, wish: wish('waiting') }), 'en')).toBe('');
  expect(wishText(null, 'en')).toBe('');
});

test('every state and reason has words in every language', () => {
  for (const lang of langs) {
    for (const s of ['waiting', 'opening', 'opened', 'refused', 'failed', 'unknown']) expect(Object.hasOwn(keyWords[lang], `w_${s}`), `${lang} ${s}`).toBe(true);
    for (const y of ['wish_stale', 'wish_reboot', 'other_slot', 'unknown_person', 'no_reason', 'no_gatepass', 'key_not_in', 'cabinet', 'busy', 'closed'])
      expect(Object.hasOwn(keyWords[lang], `y_${y}`), `${lang} ${y}`).toBe(true);
  }
});
