import { describe, expect, test } from 'vitest';
import { bayWords } from '../src/bay/words';
import { words as board } from '../src/board/words';
import { words as kiosk } from '../src/kiosk/words';
import { fill, clock, dayClock, langs, money, startLang, wordOf } from '../src/shared/i18n';
import { ageWords, publicWords, wordIcons } from '../src/shared/words';
import { historyWords } from '../src/desk/historywords';
import { keyWords } from '../src/desk/keywords';
import { carWords } from '../src/staff/carwords';
import { faultWord, scanWords } from '../src/staff/scanwords';
import { valueNames, valueStems, valueWord } from '../src/staff/valuewords';
import { words as staff } from '../src/staff/words';

const tables: Record<string, Record<string, Record<string, string>>> = { kiosk, staff, carWords, scanWords, bayWords, keyWords, historyWords, board, publicWords, ageWords };
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

describe.each(Object.entries(tables))('the words of %s', (_name, table) => {
  test('are there in every language, none empty, with the same holes', () => {
    for (const [key, text] of Object.entries(table.en!)) {
      for (const lang of langs) {
        const said = table[lang]![key];
        expect(said?.trim(), `${lang} ${key}`).toBeTruthy();
        expect(holes(said!), `${lang} ${key}`).toEqual(holes(text));
      }
    }
    for (const lang of langs) expect(Object.keys(table[lang]!).sort()).toEqual(Object.keys(table.en!).sort());
  });

  test('of zh-Hant are in its own characters', () => {
    const simplified = /[车维检测钥请签吗们单价图录线问题报继续关闭时间络错误读码输护领设备电话发动]/g;
    for (const [key, text] of Object.entries(table['zh-Hant']!)) {
      const bad = (text.match(simplified) ?? []).filter((c) => !'動'.includes(c));
      expect(bad, `${key}: ${text}`).toEqual([]);
    }
  });
});

test('customers never read that something is broken, or comes soon', () => {
  for (const lang of langs) {
    const all = [...Object.values(kiosk[lang]), ...Object.values(publicWords[lang]), ...Object.values(board[lang])].join('\n');
    expect(all).not.toMatch(/\bbroken\b|\bsoon\b|坏了|壞了|马上就好|馬上就好|很快/i);
  }
});

test('there are eight public words, each with an icon', () => {
  expect(Object.keys(publicWords.en).length).toBe(8);
  expect(Object.keys(wordIcons).sort()).toEqual(Object.keys(publicWords.en).sort());
});

test('times are in 24 hours and say their day when it is another one', () => {
  const at = new Date(2026, 4, 6, 21, 5);
  for (const lang of langs) expect(clock(at, lang)).toBe('21:05');
  expect(clock(new Date(2026, 4, 6, 0, 5), 'en')).toBe('00:05');
  expect(dayClock(at, 'en', at)).toBe('21:05');
  expect(dayClock(at, 'en', new Date(2026, 4, 5))).toBe('6 May 21:05');
  expect(clock(null, 'en')).toBe('');
  expect(clock('nonsense', 'en')).toBe('');
});

test('money comes from the smallest unit', () => {
  expect(money(12345, 'zh-Hans')).toBe('¥123.45');
});

test('a word that is not in the table is shown as it came', () => {
  expect(wordOf({ a: 'A' }, 'a')).toBe('A');
  expect(wordOf({}, 'never_seen')).toBe('never seen');
  expect(wordOf({}, 'constructor')).toBe('constructor');
  expect(fill('{a} {b}', { a: 1 })).toBe('1 {b}');
});

test('the first language is the asked one, else the panel’s', () => {
  expect(startLang('?lang=en', ['zh-CN'])).toBe('en');
  expect(startLang('', ['zh-TW'])).toBe('zh-Hant');
  expect(startLang('', ['zh-CN'])).toBe('zh-Hans');
  expect(startLang('', ['fr'])).toBe('zh-Hans');
});

test('a fault of the scanner is said in the language of the screen, whatever it says itself', () => {
  for (const kind of ['port', 'not_an_adapter', 'adapter_fault', 'bus_init', 'unable_to_connect', 'can_error', 'no_data', 'low_voltage', 'interrupted']) {
    for (const lang of langs) expect(faultWord({ kind, message: 'in English', hint: '' }, lang)).not.toBe('in English');
  }
  expect(faultWord({ kind: 'new_one', message: 'in English', hint: 'do' }, 'zh-Hans')).toBe('in English · do');
  expect(faultWord({ kind: 'new_one', message: '', hint: '' }, 'zh-Hans')).toBe('new one');
});

test('values have names in Chinese, each in its own characters', () => {
  const simplified = /[车维检测钥请签单价图录线问题报继续关闭时间错误读码输护设备电话发动传统压]/g;
  for (const [name, [hans, hant]] of [...Object.entries(valueNames), ...Object.entries(valueStems)]) {
    expect(hans && hant, name).toBeTruthy();
    expect((hant.match(simplified) ?? []).filter((c) => !'動'.includes(c)), name).toEqual([]);
  }
  expect(valueWord('engine_rpm', 'zh-Hant')).toBe('引擎轉速');
  expect(valueWord('engine_rpm', 'en')).toBe('engine rpm');
  expect(valueWord('oxygen_sensor_1_voltage', 'zh-Hans')).toBe('氧传感器 1 电压');
  expect(valueWord('never_seen', 'zh-Hans')).toBe('never seen');
});
