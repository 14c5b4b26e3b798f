import { expect, test } from 'vitest';
import { alarmText, columnsOf, moveText, step } from '../src/desk/keys';
import { typedToken, wholeToken } from '../src/kiosk/pages/token';
import { langs } from '../src/shared/i18n';

test('a reader types a token, and no hand types one by accident', () => {
  const token = `K00112233445566aa.${'0123456789abcdef'.repeat(2)}`;
  let so = '';
  for (const key of token) {
    expect(wholeToken(so)).toBe(false);
    so = typedToken(so, key)!;
  }
  expect(so).toBe(token);
  expect(wholeToken(so)).toBe(true);
  for (const key of ['1', 'a', 'Enter', 'Shift']) expect(typedToken('', key)).toBeNull();
  expect(typedToken('K12', 'Shift')).toBeNull();
  expect(typedToken('K12', 'K')).toBe('K'); // held to the reader twice
});

test('the arrow keys walk the map and stop at its edge', () => {
  const walk = (at: number, ...keys: string[]) => keys.reduce((n, k) => step(n, k, 4, 10), at);
  expect(walk(0, 'ArrowRight', 'ArrowDown')).toBe(5);
  expect(walk(0, 'ArrowUp', 'ArrowLeft')).toBe(0);
  expect(walk(9, 'ArrowDown', 'ArrowRight')).toBe(9);
  expect(walk(5, 'Home')).toBe(0);
  expect(walk(5, 'End')).toBe(9);
  expect(step(3, 'Enter', 4, 10)).toBe(3);
});

test('the map stands as the cabinet hangs', () => {
  const slots = Array.from({ length: 12 }, (_, i) => ({ slot: i + 1, hook: 'closed' as const, key: 'absent' as const }));
  expect(columnsOf({ state: 'online', slots })).toBe(4);
  expect(columnsOf({ state: 'online', slots, columns: 6 })).toBe(6);
  expect(columnsOf({ state: 'online', slots, rows: 2 })).toBe(6);
});

test('an alarm and a move of a key say who, where and when', () => {
  const people = [{ id: 'te-1', name: '陈工', role: 'TE' }];
  const at = new Date(2026, 0, 1, 14, 32).toISOString();
  for (const lang of langs) {
    const a = alarmText({ id: 'a', what: 'returned_by_other', warning: true, node: 'n', slot: 4, ticket: 'A1', at, count: 2, by: 'te-1', of: 'te-9' }, lang, people);
    for (const part of ['4', 'A1', '陈工', 'te-9', '14:32', '2']) expect(a).toContain(part);
    expect(a).not.toContain('{');
    expect(moveText({ at, what: 'key.taken', slot: 4, word: 'work', by: 'te-1', leave: true }, lang, people)).toContain('陈工');
    const stolen = moveText({ at, what: 'key.taken', slot: 4 }, lang, people);
    expect(stolen).not.toBe(moveText({ at, what: 'key.taken', slot: 4, leave: true }, lang, people));
  }
});
