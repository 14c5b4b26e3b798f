// Two scans side by side: what the car no longer reports, still reports, reports anew.

import type { CodeText, ScanSummary } from '../shared/types';

export interface Compared { code: CodeText; was: boolean; is: boolean }

/** The first and the newest completed scan, newest only when there are two. */
export function firstAndLast(scans: readonly ScanSummary[] | null | undefined): [ScanSummary, ScanSummary] | null {
  const whole = (scans ?? []).filter((s) => s.state === 'completed').sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return whole.length < 2 ? null : [whole[0]!, whole[whole.length - 1]!];
}

export function compare(before: readonly CodeText[] | null, after: readonly CodeText[] | null): Compared[] {
  const key = (c: CodeText) => `${c.ecu} ${c.code}`;
  const all = new Map<string, Compared>();
  for (const code of before ?? []) all.set(key(code), { code, was: true, is: false });
  for (const code of after ?? []) all.set(key(code), { code, was: all.has(key(code)), is: true });
  return [...all.values()].sort((a, b) => Number(b.is) - Number(a.is) || a.code.code.localeCompare(b.code.code));
}
