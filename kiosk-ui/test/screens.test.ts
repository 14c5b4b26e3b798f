import { describe, expect, test } from 'vitest';
import { buttons } from '../src/bay/do';
import { shown } from '../src/bay/reading';
import { FLIP_MS, ordered, pageAt, pagesOf, rowsThatFit, shiftAt } from '../src/board/pages';
import { shownRow } from '../src/board/rows';
import { columnOf, danger, inOrder } from '../src/desk/columns';
import { idleAfter, IDLE_MS, WARN_MS } from '../src/kiosk/idle';
import { toggled } from '../src/kiosk/lists';
import type { BayJob, CodeChange, Comparison, DeskJob, Row } from '../src/shared/types';
import { good, mark, pairs, said } from '../src/staff/compare';

describe('the waiting room', () => {
  const row = (over: Partial<Row> = {}): Row => ({ ticket: 'A001', word: 'in_repair', bay: '1', promised: '2026-01-01T12:00:00Z', progress: 50, node: 'n', ...over });

  test('puts ready cars first, then by promised time, then by ticket', () => {
    const rows = [row({ ticket: 'C' , promised: null }), row({ ticket: 'B' }), row({ ticket: 'A' }), row({ ticket: 'D', word: 'ready', promised: null })];
    expect(ordered(rows).map((r) => r.ticket)).toEqual(['D', 'A', 'B', 'C']);
  });
  test('flips its pages at ten seconds at the earliest', () => {
    expect(FLIP_MS).toBeGreaterThanOrEqual(10_000);
    expect([0, FLIP_MS - 1, FLIP_MS, 2 * FLIP_MS].map((t) => pageAt(t, 2))).toEqual([0, 0, 1, 0]);
    expect(pagesOf(0, 5)).toBe(1);
    expect(pagesOf(11, 5)).toBe(3);
    expect(rowsThatFit(100)).toBe(3);
  });
  test('moves by one to three pixels each minute', () => {
    for (let m = 0; m < 20; m++) {
      const [a, b] = [shiftAt(m * 60_000), shiftAt((m + 1) * 60_000)];
      expect(a).not.toEqual(b);
      expect(Math.max(b.x, b.y)).toBeLessThanOrEqual(3);
    }
  });
  test('old news is grey and says of when; older news shows no time at all', () => {
    const at = new Date(2026, 0, 1, 14, 32);
    expect(shownRow(row(), 'grey', at, 'en', 'zh-Hans')).toMatchObject({ kind: 'grey', note: 'as of 14:32' });
    const old = shownRow(row(), 'hidden', at, 'en', 'zh-Hans');
    expect(old).toMatchObject({ kind: 'hidden', time: '', progress: null, note: 'please ask at the desk' });
    expect(JSON.stringify(old)).not.toMatch(/\d\d:\d\d/);
  });
  test('a car without a plate is there by its ticket', () => {
    expect(shownRow(row({ plate: '' }), 'live', null, 'en', 'zh-Hans').plate).toBe('');
  });
});

describe('the kiosk left alone', () => {
  test('warns after 60 s for at least 20 s, then forgets', () => {
    expect(IDLE_MS).toBe(60_000);
    expect(WARN_MS).toBeGreaterThanOrEqual(20_000);
    expect(idleAfter(59_999)).toEqual({ is: 'busy' });
    expect(idleAfter(60_000)).toEqual({ is: 'warning', seconds: 20 });
    expect(idleAfter(79_999)).toEqual({ is: 'warning', seconds: 1 });
    expect(idleAfter(80_000)).toEqual({ is: 'over' });
  });
  test('a tap puts an item on a list and takes it off again', () => {
    expect(toggled(toggled(['a'], 'b'), 'a')).toEqual(['b']);
  });
});

describe('the bay’s buttons', () => {
  const job = (over: Partial<BayJob>): BayJob => ({ id: 'j', tips: [], ticket: 'A', plate: '', phase: 'received', word: 'checking', complaint: {}, lines: [], lead: '', extras: [], scans: [], ...over });
  const on = (j: Partial<BayJob>, state: 'online' | 'fault' = 'online') => buttons(job(j), { state }).filter((b) => b.on).map((b) => b.deed);

  test('are five, whatever the phase', () => {
    for (const phase of ['dispatched', 'received', 'in_repair', 'paused', 'done', 'waiting_answer'] as const) expect(buttons(job({ phase }), { state: 'online' }).length).toBe(5);
  });
  test('follow the visit', () => {
    expect(on({ phase: 'dispatched', no_scan: 'not_received', locked: 'not_received' })).toEqual(['receive']);
    expect(on({ phase: 'received' })).toEqual(['scan', 'start', 'extra']);
    expect(on({ phase: 'in_repair' })).toEqual(['scan', 'pause', 'extra', 'finish']);
    expect(on({ phase: 'paused' })).toEqual(['scan', 'resume', 'extra', 'finish']);
  });
  test('start is locked with its reason', () => {
    const b = buttons(job({ locked: 'no_order' }), { state: 'online' }).find((x) => x.deed === 'start')!;
    expect([b.on, b.why]).toEqual([false, 'no_order']);
  });
  test('no scan without a scanner, and it says so', () => {
    const b = buttons(job({}), { state: 'fault' }).find((x) => x.deed === 'scan')!;
    expect([b.on, b.why]).toEqual([false, 'scanner_offline']);
  });
  test('readings keep three digits and their unit', () => {
    expect(shown({ pid: '06', name: 'x', value: 3.90625, unit: '%' }, 'en')).toBe('3.906 %');
    expect(shown({ pid: '06', name: null, raw: 'AB12' }, 'en')).toBe('AB12');
    expect(shown({ pid: '0C', name: 'x', value: 0, unit: 'rpm' }, 'en')).toBe('0 rpm');
    expect(shown({ pid: '03', name: 'x', value: 'closed_loop' }, 'en')).toBe('closed loop');
    expect(shown({ pid: '03', name: 'x', value: 'closed_loop' }, 'zh-Hant')).toBe('閉環');
  });
});

describe('two scans side by side', () => {
  const code = (over: Partial<CodeChange>): CodeChange => ({ ecu: '7E8', code: 'P1', was: 'yes', is: 'no', change: 'gone', before: ['stored'], after: [], ...over });

  test('nothing is good news but what is gone and tested', () => {
    expect([code({}), code({ untested: true }), code({ change: 'unknown', is: 'unknown' }), code({ change: 'still', is: 'yes' })].map(good)).toEqual([true, false, false, false]);
  });
  test('each change has its word', () => {
    const words = [code({}), code({ untested: true }), code({ change: 'still', is: 'yes', after: ['stored'] }), code({ change: 'still', is: 'yes', before: ['stored', 'permanent'], after: ['permanent'] }),
      code({ change: 'new' }), code({ change: 'unknown', is: 'unknown' }), code({ change: 'unknown', was: 'unknown', is: 'yes' })].map(said);
    expect(words).toEqual(['c_gone', 'c_untested', 'c_still', 'c_permanent', 'c_new', 'c_unknown', 'c_there']);
    expect(['yes', 'no', 'unknown'].map(mark)).toEqual(['●', '–', '?']);
  });
  test('values that differ come first', () => {
    const r = (pid: string, before: unknown, after: unknown) => ({ ecu: '7E8', pid, name: '', before, after });
    const side = { id: 's', at: '2026-01-01', complete: true, mil: 'off' };
    const c: Comparison = { before: side, after: side, clear: true, codes: [], readiness: [], readings: [r('05', 1, 1), r('0C', 1, 2), r('0D', null, 3)] };
    expect(pairs(c).map((x) => x.pid)).toEqual(['0C', '0D', '05']);
  });
});

describe('the desk', () => {
  const job = (over: Partial<DeskJob>): DeskJob => ({
    id: 'j', tips: [], node: 'n', ticket: 'A', plate: '', lang: 'en', purpose: 'repair', urgency: 'normal', owner: 'o', phase: 'in_repair', word: 'in_repair', complaint: {},
    marks: [], belongings: [], lines: [], total: 0, opened: '2026-01-01T08:00:00Z', extras: [], scans: [], key_in: true, next: [], conflicts: [], ...over,
  });
  const now = new Date('2026-01-01T12:00:00Z');

  test('an unpriced extra item calls, wherever the car stands', () => {
    expect(columnOf(job({}))).toBe('bay');
    expect(columnOf(job({ next: ['offer'] }))).toBe('answer');
  });
  test('a promise turns amber in its last hour and red when it has passed', () => {
    const at = (t: string) => danger(job({ promised: `2026-01-01T${t}:00Z` }), now);
    expect([at('14:00'), at('12:59'), at('11:59')]).toEqual(['none', 'soon', 'late']);
    expect(danger(job({ promised: '2026-01-01T11:00:00Z', phase: 'gatepass' }), now)).toBe('none');
  });
  test('urgent comes first, then the nearest promise', () => {
    const jobs = [job({ id: 'a', promised: '2026-01-01T13:00:00Z' }), job({ id: 'b', promised: '2026-01-01T12:30:00Z' }), job({ id: 'c', urgency: 'urgent' })];
    expect(inOrder(jobs).map((j) => j.id)).toEqual(['c', 'b', 'a']);
  });
});
