// A visit's history in words. What the server does not say is not guessed.

import { bayName, dayClock, fill, wordOf } from '../shared/i18n';
import type { DeskTimer, DeskView, History, HistoryEntry, Lang } from '../shared/types';
import { historyWords, type HistoryWord } from './historywords';

export type Put = Record<string, string | number>;

export function sayHistory(lang: Lang, key: HistoryWord, put?: Put): string {
  return fill(historyWords[lang][key], put);
}

/** A word of a list that may have grown on the server: then it is shown as it came. */
export function historyWord(lang: Lang, prefix: string, word: string): string {
  const key = prefix + word.replaceAll('.', '_');
  return Object.hasOwn(historyWords[lang], key) ? historyWords[lang][key as HistoryWord] : wordOf({}, word);
}

/** When, as far as it is known. */
export function whenText(e: HistoryEntry, lang: Lang, now?: Date): string {
  return dayClock(e.when.at, lang, now) || '–';
}

/** How sure that is; nothing where it is sure. */
export function doubt(e: HistoryEntry, lang: Lang, now?: Date): string {
  if (e.when.sure === 'sure') return '';
  const put = { from: dayClock(e.when.from, lang, now) || '–', to: dayClock(e.when.to, lang, now) || '–' };
  return fill(historyWord(lang, '', e.when.sure), put);
}

/** Who did it: the person, else what kind of hand it was. */
export function whoText(e: HistoryEntry, lang: Lang, people: DeskView['people']): string {
  if (e.by === 'kiosk') return sayHistory(lang, 'kiosk');
  if (e.by) return people?.find((p) => p.id === e.by)?.name ?? e.by;
  return e.who ? historyWord(lang, '', e.who) : '–';
}

/** Where: the bay of the node, where it has one. */
export function whereText(e: HistoryEntry, bays: DeskView['bays'], bay: string): string {
  const at = bays?.find((b) => b.node === e.node)?.bay;
  return at ? `${e.node} (${bay} ${bayName(at)})` : e.node;
}

/** What is to be known of its proof and its content. */
export function proofText(e: HistoryEntry, lang: Lang): string {
  return [
    historyWord(lang, 'seal_', e.seal),
    e.seen?.length ? sayHistory(lang, 'seen', { n: e.seen.length }) : sayHistory(lang, 'unseen'),
    e.payload === 'whole' || e.payload === 'none' ? '' : historyWord(lang, 'pl_', e.payload),
    e.at_least ? sayHistory(lang, 'atLeast') : '',
  ].filter(Boolean).join(' · ');
}

/** Every node that has cosigned some entry of the visit. */
export function witnesses(h: History): string {
  return [...new Set(h.entries.flatMap((e) => e.seen ?? []))].sort().join(', ');
}

/** How far a visit is sealed. */
export function sealText(h: History, lang: Lang): string {
  if (!h.seals) return sayHistory(lang, 'notSealed');
  if (h.erased === 'all') return sayHistory(lang, 'seal_unknown');
  return h.unsealed ? sayHistory(lang, 'sealedN', { n: h.unsealed }) : sayHistory(lang, 'sealedAll');
}

/** A limit that has come, in one line. */
export function limitText(t: DeskTimer, lang: Lang, now?: Date): string {
  const since = t.overdue ? sayHistory(lang, 'overdue', { time: dayClock(t.overdue, lang, now) }) : t.since ? sayHistory(lang, 'due', { time: dayClock(t.since, lang, now) }) : '';
  return [historyWord(lang, 't_', t.timer), t.text ?? '', since, t.at_least ? sayHistory(lang, 'atLeast') : ''].filter(Boolean).join(' · ');
}

/** A read of the desk. */
export async function read<T>(path: string): Promise<T> {
  const res = await fetch(`/api/v1/desk/${path}`, { cache: 'no-store', credentials: 'same-origin' });
  if (!res.ok) throw new Error(String(res.status));
  return (await res.json()) as T;
}
