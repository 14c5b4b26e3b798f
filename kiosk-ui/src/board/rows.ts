// What one row shows, decided apart from how it is drawn.

import type { Freshness } from '../shared/ages';
import { bayName, clock, day, fill, sayer } from '../shared/i18n';
import type { Lang, Row } from '../shared/types';
import { ageWords, publicWords } from '../shared/words';
import { words } from './words';

export interface Shown {
  ticket: string;
  word: Row['word'];
  kind: string; // class names of the row
  plate: string;
  hidden: string; // stands in for a plate that the customer keeps to himself
  text: string;
  text2: string;
  bay: string;
  time: string; // '' when the customer has to ask
  note: string;
  progress: number | null;
  progressText: string;
}

export function shownRow(row: Row, fresh: Freshness, asOf: Date | null, lang: Lang, second: Lang): Shown {
  const say = sayer(words, lang);
  const ask = fresh === 'hidden';
  let note = row.late ? say('late') : day(row.promised, lang);
  if (fresh === 'grey') note = fill(ageWords[lang].asOf, { time: clock(asOf, lang) || '–' });
  if (ask) note = ageWords[lang].ask;
  const kind = [fresh === 'live' ? '' : fresh, row.word === 'ready' ? 'ready' : '', row.late ? 'late' : ''];
  return {
    ticket: row.ticket,
    word: row.word,
    kind: kind.filter(Boolean).join(' '),
    plate: row.plate ?? '',
    hidden: say('hidden'),
    text: publicWords[lang][row.word] ?? row.word,
    text2: publicWords[second][row.word] ?? '',
    bay: bayName(row.bay) || '–',
    time: ask ? '' : clock(row.promised, lang) || '–',
    note,
    progress: ask ? null : Math.min(100, Math.max(0, row.progress)),
    progressText: `${say('progress')} ${row.progress}%`,
  };
}
