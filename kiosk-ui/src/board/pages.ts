// What the waiting room sees at one moment: a page of rows, in one order.

import type { Row } from '../shared/types';

/** A page stays at least this long. */
export const FLIP_MS = 12_000;

/** Ready cars first, then by promised time; those without a time last, by ticket. */
export function ordered(rows: readonly Row[]): Row[] {
  const at = (r: Row) => (r.promised ? Date.parse(r.promised) : Infinity);
  const ready = (r: Row) => (r.word === 'ready' ? 0 : 1);
  return [...rows].sort((a, b) => {
    if (ready(a) !== ready(b)) return ready(a) - ready(b);
    const [x, y] = [at(a), at(b)];
    return x !== y ? (x < y ? -1 : 1) : a.ticket.localeCompare(b.ticket);
  });
}

export function pagesOf(count: number, perPage: number): number {
  return Math.max(1, Math.ceil(count / Math.max(1, perPage)));
}

/** Which page is up after `elapsed` ms: it follows from time alone, so nothing is kept. */
export function pageAt(elapsed: number, pages: number): number {
  return Math.floor(Math.max(0, elapsed) / FLIP_MS) % Math.max(1, pages);
}

/** The shift of the picture, 1 to 3 px each way, another one each minute: no pixel burns in. */
export function shiftAt(elapsed: number): { x: number; y: number } {
  const steps = [[0, 0], [1, 0], [2, 1], [3, 2], [2, 3], [1, 2], [0, 1], [1, 3]] as const;
  const [x, y] = steps[Math.floor(Math.max(0, elapsed) / 60_000) % steps.length]!;
  return { x, y };
}

/** Rows that a panel of this height holds, by the measures of board.css. */
export function rowsThatFit(height: number): number {
  const em = Math.min(64, Math.max(14, height * 0.029));
  return Math.max(3, Math.floor((height * 0.962 - em * 8.2) / (em * 2.4)));
}
