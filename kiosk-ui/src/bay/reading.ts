import type { Reading } from '../shared/types';

/** A value as a technician reads it: at most three digits after the point, and its unit. */
export function shown(r: Reading): string {
  if (r.value === null || r.value === undefined) return r.raw ?? '–';
  const value = typeof r.value === 'number' ? String(Math.round(r.value * 1000) / 1000) : String(r.value);
  return r.unit ? `${value} ${r.unit}` : value;
}
