// Two scans side by side, as the server has compared them: here they only get their words.

import type { CodeChange, Comparison } from '../shared/types';
import type { CarKey } from './carwords';

/** What became of a code, in one word of the table. */
export function said(c: CodeChange): CarKey {
  if (c.change === 'gone') return c.untested ? 'c_untested' : 'c_gone';
  if (c.change === 'still') return (c.after ?? []).every((l) => l === 'permanent') && (c.before ?? []).length > 1 ? 'c_permanent' : 'c_still';
  if (c.change === 'new') return 'c_new';
  return c.is === 'yes' ? 'c_there' : 'c_unknown';
}

/** The mark of one side: seen, not there, or nobody knows. */
export const mark = (known: string): string => (known === 'yes' ? '●' : known === 'no' ? '–' : '?');

/** Only "gone" is good news, and only where nothing is left to be tested. */
export const good = (c: CodeChange): boolean => c.change === 'gone' && !c.untested;

export const lamp = (mil: string): CarKey => (mil === 'on' ? 'lampOn' : mil === 'off' ? 'lampOff' : 'lampUnknown');

/** The values of both scans, the ones that differ first. */
export function pairs(c: Comparison): NonNullable<Comparison['readings']> {
  const differs = (r: { before: unknown; after: unknown }) => Number(JSON.stringify(r.before) !== JSON.stringify(r.after));
  return [...(c.readings ?? [])].sort((a, b) => differs(b) - differs(a));
}
