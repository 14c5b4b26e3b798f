// Draws the board. While nothing has come, what the server wrote (main.static in
// the page) stays.

import { el, icon } from '../shared/dom';
import { sayer } from '../shared/i18n';
import type { Lang } from '../shared/types';
import { wordIcons } from '../shared/words';
import type { Shown } from './rows';
import { words } from './words';

export interface Picture {
  shop: string;
  clock: string;
  stale: string; // '' while all is well
  empty: string; // '' when there are rows
  rows: Shown[];
  foot: string;
  page: string;
}

const columns = [
  ['ticket', 'c-ticket'], ['plate', 'c-plate'], ['state', 'c-state'],
  ['bay', 'c-bay'], ['promised', 'c-time'], ['progress', 'c-progress'],
] as const;

export function draw(p: Picture, lang: Lang, second: Lang): HTMLElement {
  const say = sayer(words, lang);
  return el('main', { class: 'wr', 'data-testid': 'board' },
    el('header', { class: 'wr-top' },
      el('h1', {}, say('title'), el('span', { class: 'shop' }, p.shop)),
      el('p', { class: 'wr-clock', 'data-testid': 'clock' }, p.clock)),
    p.stale && el('p', { class: 'wr-stale', role: 'status', 'data-testid': 'stale' }, p.stale),
    p.empty ? el('p', { class: 'wr-empty', 'data-testid': 'empty' }, p.empty) : table(p.rows, lang, second),
    el('footer', { class: 'wr-foot' }, el('span', {}, p.foot),
      el('span', { class: 'num', 'data-testid': 'page' }, p.page)));
}

function table(rows: Shown[], lang: Lang, second: Lang): HTMLElement {
  const [say, say2] = [sayer(words, lang), sayer(words, second)];
  const heads = columns.map(([key, cls]) =>
    el('th', { scope: 'col', class: cls }, `${say(key)} `, el('span', { lang: second }, say2(key))));
  return el('table', { class: 'wr-table' },
    el('thead', {}, el('tr', {}, ...heads)),
    el('tbody', {}, ...rows.map((r) => tr(r, second))));
}

function tr(r: Shown, second: Lang): HTMLElement {
  const note = r.note && el('small', {}, r.note);
  return el('tr', { class: r.kind, 'data-testid': 'row', 'data-ticket': r.ticket, 'data-word': r.word },
    el('td', { class: 'ticket' }, r.ticket),
    el('td', {}, r.plate ? el('span', { class: 'plate' }, r.plate) : el('span', { class: 'hide' }, r.hidden)),
    el('td', {}, el('span', { class: `word w-${r.word}` }, icon(wordIcons[r.word] ?? wordIcons.waiting),
      el('span', {}, r.text, el('small', { lang: second }, r.text2)))),
    el('td', { class: 'num' }, r.bay),
    el('td', {}, r.time && el('span', { class: 'promised' }, r.time), note),
    el('td', {}, r.progress !== null && bar(r)));
}

function bar(r: Shown): HTMLElement {
  const fillBar = el('i');
  fillBar.style.width = `${r.progress}%`; // by script, not by attribute: the policy forbids those
  return el('span', { class: `bar w-${r.word}`, role: 'img', 'aria-label': r.progressText }, fillBar);
}
