// Messages are typed tables: a key that one language lacks does not compile.

import type { Lang, PerLang } from './types';

export const langs: readonly Lang[] = ['zh-Hans', 'zh-Hant', 'en'];
export const langNames: Record<Lang, string> = { 'zh-Hans': '简体中文', 'zh-Hant': '繁體中文', en: 'English' };

export type Tables<K extends string> = Record<Lang, Record<K, string>>;
export type Say<K extends string> = (key: K, put?: Record<string, string | number>) => string;

export function fill(text: string, put?: Record<string, string | number>): string {
  return put ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(put[name] ?? whole)) : text;
}

export function sayer<K extends string>(tables: Tables<K>, lang: Lang): Say<K> {
  return (key, put) => fill(tables[lang][key], put);
}

/** A word of a closed list that may have grown on the server: shown as it came, never as nothing. */
export function wordOf(table: Record<string, string>, key: string): string {
  return Object.hasOwn(table, key) ? table[key]! : key.replaceAll('_', ' ');
}

export function pick(texts: PerLang | null | undefined, lang: Lang): string {
  return texts?.[lang] ?? texts?.en ?? '';
}

/** The language a screen starts with: ?lang=, else the panel's own. */
export function startLang(search: string, wished: readonly string[]): Lang {
  const asked = new URLSearchParams(search).get('lang');
  for (const tag of asked ? [asked, ...wished] : wished) {
    const t = tag.toLowerCase();
    if (t.startsWith('en')) return 'en';
    if (/^zh-(hant|tw|hk|mo)/.test(t)) return 'zh-Hant';
    if (t.startsWith('zh')) return 'zh-Hans';
  }
  return 'zh-Hans';
}

const locale: Record<Lang, string> = { 'zh-Hans': 'zh-CN', 'zh-Hant': 'zh-HK', en: 'en-GB' };

/** A bay as people call it: bay-1 stands beside the word "bay" already. */
export function bayName(bay: string | undefined): string {
  return (bay ?? '').replace(/^bay-/i, '');
}

export type When = string | number | Date | null | undefined;

export function dateOf(at: When): Date | null {
  if (at === null || at === undefined || at === '' || at === 0) return null;
  const d = at instanceof Date ? at : new Date(at);
  return Number.isNaN(d.getTime()) || d.getTime() <= 0 ? null : d;
}

/** 14:32, always in 24 hours. */
export function clock(at: When, lang: Lang): string {
  const d = dateOf(at);
  return d ? new Intl.DateTimeFormat(locale[lang], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(d) : '';
}

/** The day, unless it is today. */
export function day(at: When, lang: Lang, now: Date = new Date()): string {
  const d = dateOf(at);
  if (!d || d.toDateString() === now.toDateString()) return '';
  return new Intl.DateTimeFormat(locale[lang], { month: 'short', day: 'numeric' }).format(d);
}

/** 14:32 today, else with its day. */
export function dayClock(at: When, lang: Lang, now: Date = new Date()): string {
  return `${day(at, lang, now)} ${clock(at, lang)}`.trim();
}

/** An amount in the smallest unit of the shop's currency. */
export function money(cents: number, lang: Lang, currency = 'CNY'): string {
  return new Intl.NumberFormat(locale[lang], { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).format(cents / 100);
}
