import type { Reading } from '../shared/types';

/** At most three digits after the point. */
export const rounded = (n: number): string => String(Math.round(n * 1000) / 1000);

/** A value as a technician reads it: at most three digits after the point, and its unit. */
export function shown(r: Reading): string {
  if (r.value === null || r.value === undefined) return r.raw ?? '–';
  const value = typeof r.value === 'number' ? rounded(r.value) : String(r.value);
  return r.unit ? `${value} ${r.unit}` : value;
}
