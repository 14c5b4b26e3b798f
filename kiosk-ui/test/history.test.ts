import { expect, test } from 'vitest';
import golden from '../../edge/job/testdata/payloads-v1.jsonl?raw';
import { columnOf } from '../src/desk/columns';
import { doubt, historyWord, limitText, proofText, sealText, witnesses, whenText, whereText, whoText } from '../src/desk/history';
import { historyWords } from '../src/desk/historywords';
import { langs } from '../src/shared/i18n';
import type { DeskJob, History, HistoryEntry } from '../src/shared/types';

const now = new Date('2026-11-21T12:00:00Z');
const entry = (over: Partial<HistoryEntry>): HistoryEntry => ({
  kind: 'bay.assigned', origin: 'demo-front/0', seq: 1, node: 'demo-front', who: 'person', when: { at: '2026-11-21T09:14:00Z', sure: 'sure' },
  seal: 'listed', seen: ['demo-central'], payload: 'whole', ...over,
});

test('every kind of event has its words; one of a later version is shown as it came', () => {
  const kinds = golden.split('\n').filter(Boolean).map((l) => l.split(' ')[0]!);
  expect(kinds.length).toBeGreaterThan(50);
  for (const lang of langs) for (const k of kinds) expect(Object.hasOwn(historyWords[lang], `k_${k.replaceAll('.', '_')}`), `${lang} ${k}`).toBe(true);
  expect(historyWord('en', 'k_', 'tea.drunk_twice')).toBe('tea.drunk twice');
});

test('a time says how sure it is, and nothing where it is', () => {
  expect(doubt(entry({}), 'en', now)).toBe('');
  expect(doubt(entry({ when: { at: null, sure: 'unknown' } }), 'zh-Hans', now)).toBe('时间不明');
  expect(whenText(entry({ when: { at: null, sure: 'unknown' } }), 'en', now)).toBe('–');
  expect(doubt(entry({ when: { at: '2026-11-21T09:14:00Z', sure: 'battery' } }), 'en', now)).toContain('battery');
  expect(doubt(entry({ when: { at: null, sure: 'between', from: '2026-11-21T09:00:00Z', to: '2026-11-21T09:30:00Z' } }), 'en', now)).toMatch(/^between \d\d:\d\d and \d\d:\d\d$/);
  expect(doubt(entry({ when: { at: null, sure: 'guessed' } }), 'en', now)).toBe('guessed');
});

test('who and where are the names that people know', () => {
  const people = [{ id: 'sa', name: 'Ms Practice', role: 'SA' as const }];
  expect(whoText(entry({ by: 'sa' }), 'en', people)).toBe('Ms Practice');
  expect(whoText(entry({ by: 'gone' }), 'en', people)).toBe('gone');
  expect(whoText(entry({ by: 'kiosk' }), 'zh-Hant', people)).toBe('自助機');
  expect(whoText(entry({ who: 'device' }), 'en', people)).toBe('device');
  expect(whoText(entry({ who: undefined }), 'en', people)).toBe('–');
  expect(whereText(entry({ node: 'demo-bay-1' }), [{ bay: 'bay-1', node: 'demo-bay-1' }], 'Bay')).toBe('demo-bay-1 (Bay 1)');
  expect(whereText(entry({}), [], 'Bay')).toBe('demo-front');
});

test('what is not proven or not there is said', () => {
  expect(proofText(entry({}), 'en')).toBe('sealed · cosigned by 1');
  expect(proofText(entry({ seal: 'open', seen: [], payload: 'erased', at_least: true }), 'en')).toBe('not sealed · not cosigned yet · content erased · at least so long');
  const h: History = { job: 'j', entries: [], conflicts: [], seals: 0, unsealed: 0 };
  expect(witnesses({ ...h, entries: [entry({}), entry({ seen: ['demo-bay-1', 'demo-central'] })] })).toBe('demo-bay-1, demo-central');
  expect(sealText(h, 'en')).toContain('Not sealed');
  expect(sealText({ ...h, seals: 1, unsealed: 2 }, 'en')).toContain('2');
  expect(sealText({ ...h, seals: 2 }, 'en')).toContain('every');
  expect(sealText({ ...h, seals: 2, erased: 'all' }, 'en')).toContain('cannot be read');
});

test('a limit says what to do, since when, and whether it is longer', () => {
  expect(limitText({ timer: 'extra_to_customer', text: 'brake pads', since: '2026-11-21T09:14:00Z', overdue: '2026-11-21T09:20:00Z', at_least: true }, 'en', now)).toMatch(/^Ask the customer about the extra · brake pads · overdue \d\d:\d\d · at least so long$/);
  expect(limitText({ timer: 'tea_break', since: null }, 'zh-Hans', now)).toBe('tea break');
});

test('an erased visit is on no column of the board', () => {
  expect(columnOf({ phase: 'arrived', next: [], erased: 'all' } as unknown as DeskJob)).toBe('gone');
});
