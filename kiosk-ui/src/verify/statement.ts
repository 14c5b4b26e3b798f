// What a sealed job says, as far as it can be shown: the shop's program wrote it, and
// a newer one may write more.

export interface Codes {
  complete: boolean;
  codes: string[];
}

export interface Statement {
  ticket: string;
  plate: string;
  vin: string;
  opened: number;
  closed: number;
  lines: { text: string; price: number | null }[];
  cause: string;
  total: number | null;
  paid: number | null;
  before: Codes | null;
  after: Codes | null;
  leaves: number;
}

const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const whole = (v: unknown): number | null => (typeof v === 'number' && Number.isFinite(v) ? v : null);
const list = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
const record = (v: unknown): Record<string, unknown> => (typeof v === 'object' && v !== null ? (v as Record<string, unknown>) : {});

function codes(v: unknown): Codes | null {
  if (typeof v !== 'object' || v === null) return null;
  const c = record(v);
  return { complete: c.complete === true, codes: list(c.codes).map(text).filter(Boolean) };
}

export function statement(payload: string): Statement {
  let p: Record<string, unknown> = {};
  try {
    p = record(JSON.parse(payload));
  } catch {
    // It is what the shop sealed, whatever it is: shown as nothing.
  }
  return {
    ticket: text(p.ticket),
    plate: text(p.plate),
    vin: text(p.vin),
    opened: whole(p.opened) ?? 0,
    closed: whole(p.closed) ?? 0,
    lines: list(p.lines).map((l) => ({ text: text(record(l).text), price: whole(record(l).price) })),
    cause: text(p.cause),
    total: whole(p.total),
    paid: whole(p.paid),
    before: codes(p.before),
    after: codes(p.after),
    leaves: list(p.leaves).length,
  };
}
