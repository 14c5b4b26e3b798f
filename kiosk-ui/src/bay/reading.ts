import type { Ecu, Lang, Reading } from '../shared/types';
import { valueText } from '../staff/valuewords';

/** At most three digits after the point. */
export const rounded = (n: number): string => String(Math.round(n * 1000) / 1000);

/** A value as a technician reads it: at most three digits after the point, and its unit. */
export function shown(r: Reading, lang: Lang): string {
  if (r.value === null || r.value === undefined) return r.raw ?? '–';
  const value = typeof r.value === 'number' ? rounded(r.value) : valueText(String(r.value), lang);
  return r.unit ? `${value} ${r.unit}` : value;
}

export type List = 'stored' | 'pending' | 'permanent' | 'readiness' | 'freeze' | 'tests';

/** How a unit answered a question, and with how many items; a question that was not asked has no state. */
export function answer(e: Ecu, l: List): { state: string; nrc?: string | undefined; count?: number } {
  switch (l) {
    case 'readiness': return { state: e.readiness?.state ?? '' };
    case 'freeze': return { state: e.freeze_state ?? '', count: e.freeze?.length ?? 0 };
    case 'tests': return { state: e.tests_state ?? '', count: e.tests?.length ?? 0 };
    default: return { state: e[l]?.state ?? '', nrc: e[l]?.nrc, count: e[l]?.codes?.length ?? 0 };
  }
}
