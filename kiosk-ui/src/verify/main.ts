import '../shared/base.css';
import './verify.css';
import { dateOf, langNames, langs, sayer, startLang, type When } from '../shared/i18n';
import type { Lang } from '../shared/types';
import { Refused, verify, type Fault, type Proven } from './check';
import { statement, type Codes } from './statement';
import { words, type Key } from './words';

const locale: Record<Lang, string> = { 'zh-Hans': 'zh-CN', 'zh-Hant': 'zh-HK', en: 'en-GB' };
const MOST = 64 * 1024;

type Outcome = { proven: Proven } | { fault: Fault | 'old' | 'large' } | 'checking' | null;

let lang = startLang(location.search, navigator.languages);
let outcome: Outcome = null;

/** The key of the shop that gave this page, where it did. */
const pinned = document.querySelector('meta[name="pitlane-shop"]')?.getAttribute('content') ?? '';

const say = (key: Key): string => sayer(words, lang)(key);

function el(tag: string, more: { text?: string; class?: string; [name: string]: string | undefined } = {}, ...inner: Node[]): HTMLElement {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(more)) {
    if (value === undefined) continue;
    if (name === 'text') e.textContent = value;
    else e.setAttribute(name, value);
  }
  e.append(...inner);
  return e;
}

function when(at: When): string {
  const d = dateOf(at);
  return d ? new Intl.DateTimeFormat(locale[lang], { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' }).format(d) : say('noTime');
}

/** Money is stated in hundredths; the currency stands on the bill. */
const money = (n: number): string => new Intl.NumberFormat(locale[lang], { minimumFractionDigits: 2 }).format(n / 100);

function codesText(c: Codes): string {
  if (c.codes.length > 0) return c.codes.join(', ') + (c.complete ? '' : ` (${say('unknown')})`);
  return c.complete ? say('none') : say('unknown');
}

function rows(p: Proven): HTMLElement {
  const s = statement(p.payload);
  const list = el('dl');
  const row = (key: Key, value: string) => value && list.append(el('dt', { text: say(key) }), el('dd', { text: value }));
  row('shop', p.shop);
  row('ticket', s.ticket);
  row('plate', s.plate);
  row('vin', s.vin);
  row('opened', s.opened ? when(s.opened) : '');
  row('closed', s.closed ? when(s.closed) : '');
  row('cause', s.cause);
  if (s.lines.length > 0) {
    const items = s.lines.map((l) => el('li', {}, el('span', { text: l.text }), el('span', { class: 'num', text: l.price === null ? '' : money(l.price) })));
    list.append(el('dt', { text: say('work') }), el('dd', {}, el('ul', { class: 'lines' }, ...items)));
  }
  row('total', s.total === null ? '' : money(s.total));
  row('paid', s.paid === null ? '' : money(s.paid));
  if (s.before || s.after) {
    const both = [s.before && `${say('before')}: ${codesText(s.before)}`, s.after && `${say('after')}: ${codesText(s.after)}`];
    row('codes', both.filter(Boolean).join('; '));
  }
  row('history', s.leaves > 0 ? String(s.leaves) : '');
  row('sealedAt', when(p.wall));
  return list;
}

function witnesses(p: Proven): HTMLElement {
  if (p.witnesses.length === 0) return el('p', { class: 'note', text: say('noWitness') });
  const items = p.witnesses.map((w) => el('li', { text: `${w.name} · ${w.time ? when(w.time) : say('noTime')}` }));
  return el('div', {}, el('h2', { text: say('seenBy') }), el('ul', { class: 'plain' }, ...items));
}

function answer(o: Exclude<Outcome, null>): HTMLElement {
  const box = el('section', { class: 'answer', tabindex: '-1', 'data-testid': 'answer' });
  if (o === 'checking') {
    box.append(el('p', { text: say('checking') }));
  } else if ('fault' in o) {
    box.dataset.state = 'refused';
    box.append(el('h2', { class: 'verdict', text: `✗ ${say('refused')}` }), el('p', { text: say(o.fault) }));
  } else {
    const known = pinned !== '';
    box.dataset.state = known ? 'genuine' : 'whole';
    box.append(el('h2', { class: 'verdict', text: `✓ ${say(known ? 'genuine' : 'genuineOther')}` }));
    if (o.proven.kind === 'job.amended') box.append(el('p', { class: 'note', text: say('amended') }));
    box.append(
      rows(o.proven),
      el('h2', { text: say('shopKey') }),
      el('p', { class: 'key', text: o.proven.key }),
      el('p', { class: 'note', text: say(known ? 'keyKnown' : 'keyUnknown') }),
      witnesses(o.proven),
      el('h2', { text: say('means') }),
      el('p', { text: say('meansText') }),
    );
  }
  return box;
}

function draw(focus = false): void {
  document.documentElement.lang = lang;
  document.title = say('title');
  const choose = el('input', { type: 'file', id: 'file', class: 'away' }) as HTMLInputElement;
  choose.addEventListener('change', () => choose.files?.[0] && void check(choose.files[0]));
  const nav = el('nav', { 'aria-label': '语言 · Language' });
  for (const l of langs) {
    const b = el('button', { type: 'button', text: langNames[l], lang: l, 'aria-pressed': String(l === lang) });
    b.addEventListener('click', () => {
      lang = l;
      draw();
    });
    nav.append(b);
  }
  const main = el(
    'main',
    {},
    el('h1', { text: say('title') }),
    el('p', { text: say('lead') }),
    choose,
    el('label', { for: 'file', class: 'choose', text: say(outcome === null ? 'choose' : 'again') }),
  );
  const live = el('div', { 'aria-live': 'polite' });
  main.append(live);
  document.getElementById('app')!.replaceChildren(el('header', {}, nav), main);
  if (outcome !== null) {
    const box = answer(outcome);
    live.append(box);
    if (focus) box.focus();
  }
}

async function check(file: Blob): Promise<void> {
  outcome = 'checking';
  draw();
  outcome = await outcomeOf(file);
  draw(true);
}

async function outcomeOf(file: Blob): Promise<Exclude<Outcome, null>> {
  if (file.size > MOST) return { fault: 'large' };
  try {
    return { proven: await verify(new Uint8Array(await file.arrayBuffer()), pinned ? [pinned] : []) };
  } catch (e) {
    if (e instanceof Refused) return { fault: e.fault };
    return { fault: 'old' }; // the browser's cryptography refused the algorithm
  }
}

addEventListener('dragover', (e) => e.preventDefault());
addEventListener('drop', (e) => {
  e.preventDefault();
  const file = e.dataTransfer?.files[0];
  if (file) void check(file);
});
draw();
