import { expect, test } from 'vitest';
import { brief, drop, line, range, take, WINDOW_MS, type Series } from '../src/bay/series';

const t0 = Date.parse('2026-05-06T10:00:00Z');
const value = (at: number, v: unknown, pid = '0C') => ({ ecu: '7E8', pid, name: 'engine_rpm', unit: 'rpm', value: v, at: new Date(t0 + at).toISOString() });

test('each reading is taken once, and the window moves', () => {
  const known = new Map<string, Series>();
  take(known, [value(0, 800)]);
  take(known, [value(0, 800)]); // the same again: another value had changed
  take(known, [value(30_000, 900)]);
  take(known, [value(WINDOW_MS + 1, 1000)]);
  const s = [...known.values()][0]!;
  expect(s.points.map((p) => p.value)).toEqual([900, 1000]);
  expect(range(s.points)).toEqual({ low: 900, high: 1000 });
});

test('a value that is no longer read goes, the others keep their line', () => {
  const known = new Map<string, Series>();
  take(known, [value(0, 1), value(0, 2, '0D')]);
  take(known, []); // others were chosen: the car is being asked
  drop(known, []);
  expect([...known.keys()].length).toBe(2);
  drop(known, [{ ecu: '7E8', pid: '0D', read: true }, { ecu: '7E8', pid: '0C', read: false }]);
  expect([...known.values()].map((s) => s.last.pid)).toEqual(['0D']);
});

test('numbers have as few digits as tell a change', () => {
  expect([751.75, 17.647, 0.456, -40, 12.04, 0].map(brief)).toEqual(['752', '17.6', '0.46', '-40', '12', '0']);
});

test('now is at the right end, the least value at the foot', () => {
  const points = [{ at: t0, value: 10 }, { at: t0 + WINDOW_MS / 2, value: 30 }, { at: t0 + WINDOW_MS, value: 20 }];
  expect(line(points, t0 + WINDOW_MS, 600, 70)).toBe('0.0,70.0 300.0,0.0 600.0,35.0');
  expect(line([], t0, 600, 70)).toBe('');
  expect(line([{ at: t0, value: 5 }], t0, 600, 70)).toBe('600.0,35.0');
});

test('a text is shown and not drawn', () => {
  const known = new Map<string, Series>();
  take(known, [value(0, 'closed loop')]);
  const s = [...known.values()][0]!;
  expect(s.points).toEqual([]);
  expect(s.last.value).toBe('closed loop');
});
