// The waiting room. No framework: the server has written the first rows, and a
// framework would be most of what this page may weigh.

import '../shared/base.css';
import './board.css';
import { ageOf, asOf, freshness } from '../shared/ages';
import { clock, fill, sayer, startLang } from '../shared/i18n';
import { firstMessage, Live, socketURL } from '../shared/live';
import type { Lang, WaitingView } from '../shared/types';
import { ageWords } from '../shared/words';
import { draw, type Picture } from './draw';
import { ordered, pageAt, pagesOf, rowsThatFit, shiftAt } from './pages';
import { shownRow } from './rows';
import { words } from './words';

const lang: Lang = startLang(location.search, navigator.languages);
// A second language stands small beside the first: one board for all guests.
const second: Lang = lang === 'en' ? 'zh-Hans' : 'en';
const [say, say2] = [sayer(words, lang), sayer(words, second)];
const app = document.getElementById('app')!;
const began = performance.now();
const fixed = Number(new URLSearchParams(location.search).get('rows'));

document.documentElement.lang = lang;

const live = new Live<WaitingView>(socketURL('board', location), show);
let shown = '';

function picture(): Picture | null {
  const { view, stamp, silent } = live.heard;
  if (!view || !stamp) return null;
  const tick = performance.now();
  const now = new Date(stamp.now + Math.max(0, tick - stamp.cameAt));
  const rows = ordered(view.rows ?? []);
  const perPage = fixed > 0 ? fixed : rowsThatFit(innerHeight);
  const pages = pagesOf(rows.length, perPage);
  const page = pageAt(tick - began, pages);
  return {
    shop: view.shop,
    clock: clock(now, lang),
    stale: silent ? fill(ageWords[lang].stale, { time: clock(stamp.now, lang) }) : '',
    empty: rows.length ? '' : `${say('empty')} · ${say2('empty')}`,
    rows: rows.slice(page * perPage, (page + 1) * perPage).map((r) =>
      shownRow(r, freshness(ageOf(stamp, r.node, tick)), asOf(stamp, r.node), lang, second)),
    foot: view.faults?.length ? say('fault') : say('footer'),
    page: pages > 1 ? say('page', { n: page + 1, of: pages }) : '',
  };
}

function show(): void {
  const p = picture();
  if (!p) return; // until the first state comes, what the server wrote stays
  const key = JSON.stringify(p);
  if (key !== shown) {
    shown = key;
    app.replaceChildren(draw(p, lang, second));
  }
  const { x, y } = shiftAt(performance.now() - began);
  app.style.transform = `translate(${x}px, ${y}px)`;
}

live.start(firstMessage<WaitingView>(document));
setInterval(show, 1000);
