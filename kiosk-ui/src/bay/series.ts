// The last minute of each live value, and how it is drawn.

import type { LiveValue, LiveView } from '../shared/types';

/** How far back a line goes. */
export const WINDOW_MS = 60_000;
/** After this a value is no longer what the car does now. */
export const STALE_MS = 5_000;

export interface Point { at: number; value: number }
export interface Series { key: string; ecu: string; name: string; unit: string; last: LiveValue; at: number; points: Point[] }

export const keyOf = (v: LiveValue): string => `${v.ecu} ${v.pid} ${v.name ?? ''}`;

/** Takes the newest values: each reading once, none older than the window. */
export function take(known: Map<string, Series>, values: readonly LiveValue[]): void {
  for (const v of values) {
    const at = Date.parse(v.at);
    const key = keyOf(v);
    const s = known.get(key) ?? { key, ecu: v.ecu, name: v.name ?? v.pid, unit: v.unit ?? '', last: v, at: -Infinity, points: [] };
    known.set(key, s);
    if (!(at > s.at)) continue;
    [s.last, s.at] = [v, at];
    if (typeof v.value === 'number') s.points.push({ at, value: v.value });
    while (s.points.length > 0 && s.points[0]!.at < at - WINDOW_MS) s.points.shift();
  }
}

/** Forgets what is no longer read; what still is keeps its line. */
export function drop(known: Map<string, Series>, offered: LiveView['offered']): void {
  if (!offered?.length) return; // the car is being asked
  for (const [key, s] of known) {
    if (!offered.some((p) => p.read && p.pid === s.last.pid && p.ecu === s.ecu)) known.delete(key);
  }
}

/** As few digits as tell a change: 752, 17.6, 0.45. */
export function brief(n: number): string {
  const size = Math.abs(n);
  return String(Number(n.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)));
}

export function range(points: readonly Point[]): { low: number; high: number } | null {
  if (points.length === 0) return null;
  let [low, high] = [Infinity, -Infinity];
  for (const p of points) [low, high] = [Math.min(low, p.value), Math.max(high, p.value)];
  return { low, high };
}

/** The points of a line in a box: now at its right end, the least value at its foot. */
export function line(points: readonly Point[], now: number, width: number, height: number): string {
  const r = range(points);
  if (!r) return '';
  const span = r.high - r.low || 1;
  const flat = r.high === r.low;
  return points
    .map((p) => {
      const x = width * (1 - Math.min(WINDOW_MS, Math.max(0, now - p.at)) / WINDOW_MS);
      const y = flat ? height / 2 : height * (1 - (p.value - r.low) / span);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}
