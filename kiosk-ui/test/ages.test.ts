import { describe, expect, test } from 'vitest';
import { ageOf, asOf, freshness, stampOf } from '../src/shared/ages';

const msg = (now: string, as_of: Record<string, string>) => stampOf({ now, as_of }, 1000);

describe('the age of a node’s news', () => {
  test('is what the message said plus the time since', () => {
    const s = msg('2026-01-01T10:00:10Z', { a: '2026-01-01T10:00:07Z' });
    expect(ageOf(s, 'a', 1000)).toBe(3000);
    expect(ageOf(s, 'a', 3500)).toBe(5500);
  });
  test('does not depend on this machine’s wall clock', () => {
    const s = msg('1970-01-01T00:00:05Z', { a: '1970-01-01T00:00:05Z' });
    expect(ageOf(s, 'a', 1000)).toBe(0);
  });
  test('is infinite for a node nobody heard of, and before any message', () => {
    const s = msg('2026-01-01T10:00:10Z', {});
    expect(ageOf(s, 'a', 1000)).toBe(Infinity);
    expect(ageOf(null, 'a', 1000)).toBe(Infinity);
    expect(asOf(s, 'a')).toBeNull();
  });
  test('is never negative, even when a node’s clock runs ahead', () => {
    const s = msg('2026-01-01T10:00:00Z', { a: '2026-01-01T11:00:00Z' });
    expect(ageOf(s, 'a', 1000)).toBe(0);
  });
  test('a stamp that is no time counts as never heard', () => {
    expect(ageOf(msg('2026-01-01T10:00:00Z', { a: 'soon' }), 'a', 1000)).toBe(Infinity);
  });
});

test('news is grey from 5 s and hides its times from 2 min', () => {
  expect([0, 4_999, 5_000, 119_999, 120_000, Infinity].map(freshness)).toEqual(['live', 'live', 'grey', 'grey', 'hidden', 'hidden']);
});
