// What the desk makes of the key cabinet's news: words and places, no clicks.

import { dayClock, fill, wordOf } from '../shared/i18n';
import type { DeskAlarm, DeskKey, DeskKeyMove, DeskView, Lang, Person } from '../shared/types';
import { keyWords, type KeyWord } from './keywords';

export type Put = Record<string, string | number>;

export function sayKey(lang: Lang, key: KeyWord, put?: Put): string {
  return fill(keyWords[lang][key], put);
}

/** A word of a list that may have grown on the server. */
export function keyWord(lang: Lang, prefix: string, word: string): string {
  return Object.hasOwn(keyWords[lang], prefix + word) ? keyWords[lang][(prefix + word) as KeyWord] : wordOf({}, word);
}

const nameOf = (people: readonly Person[] | null, lang: Lang, id: string) =>
  id === 'kiosk' ? sayKey(lang, 'p_kiosk') : (people?.find((p) => p.id === id)?.name ?? id);

/** What an alarm says in one line. */
export function alarmText(a: DeskAlarm, lang: Lang, people: readonly Person[] | null): string {
  const at = a.slot ? sayKey(lang, 'slotN', { slot: a.slot }) : sayKey(lang, 'wall');
  return [
    `${at}: ${keyWord(lang, 'a_', a.what)}`,
    a.ticket,
    a.want ? sayKey(lang, 'meant', { slot: a.want }) : '',
    a.by ? sayKey(lang, 'hand', { who: nameOf(people, lang, a.by) }) : '',
    a.of ? sayKey(lang, 'from', { who: nameOf(people, lang, a.of) }) : '',
    dayClock(a.at, lang),
    a.count > 1 ? sayKey(lang, 'times', { n: a.count }) : '',
    a.over ? sayKey(lang, 'over') : '',
    a.ack_by ? sayKey(lang, 'seenBy', { who: nameOf(people, lang, a.ack_by), time: dayClock(a.ack_at, lang) }) : '',
  ].filter(Boolean).join(' · ');
}

/** One line of the history of a key. */
export function moveText(m: DeskKeyMove, lang: Lang, people: readonly Person[] | null): string {
  const what = m.what === 'key.taken' && !m.leave ? 'key_stolen' : m.what.replace('.', '_');
  const word = /^(alarm|warning)/.test(m.what) ? keyWord(lang, 'a_', m.word ?? '') : m.word && /^(hang|release|work|return)$/.test(m.word) ? keyWord(lang, 'p_', m.word) : '';
  return [fill(keyWord(lang, 'm_', what), { slot: m.slot ?? '?' }), word, m.by ? nameOf(people, lang, m.by) : '', m.note].filter(Boolean).join(' · ');
}

/** What became of the newest wish for a key in another edge's cabinet; '' where it hangs here or nowhere. */
export function wishText(k: DeskKey | null | undefined, lang: Lang): string {
  if (!k?.other) return '';
  const w = k.wish;
  const before = w && /^(opened|failed|unknown)$/.test(w.state) && k.since && Date.parse(w.at) < Date.parse(k.since);
  if (!w || before) return sayKey(lang, 'other', { node: k.other });
  return fill(keyWord(lang, 'w_', w.state), { node: w.to, slot: w.slot, why: keyWord(lang, 'y_', w.why ?? '') });
}

/** How many slots stand in a row of the map: as the cabinet hangs, else four. */
export function columnsOf(cabinet: DeskView['cabinet']): number {
  const n = cabinet.slots?.length ?? 0;
  if (cabinet.columns) return cabinet.columns;
  return cabinet.rows ? Math.ceil(n / cabinet.rows) : 4;
}

/** Where an arrow key leads on the map; the same place at an edge. */
export function step(at: number, key: string, columns: number, count: number): number {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -at, End: count - 1 - at }[key];
  if (by === undefined) return at;
  const to = at + by;
  return to < 0 || to >= count ? at : to;
}
