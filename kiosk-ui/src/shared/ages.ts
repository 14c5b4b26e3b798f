// How old news may get before a screen must say so (ui.md): it is the age of the
// data that counts, whatever the network does.

/** After this the row is grey and says "as of". */
export const GREY_MS = 5_000;
/** After this no time is shown any more: the customer asks at the desk. */
export const HIDE_MS = 120_000;

export type Freshness = 'live' | 'grey' | 'hidden';

export function freshness(ageMs: number): Freshness {
  if (ageMs >= HIDE_MS) return 'hidden';
  return ageMs >= GREY_MS ? 'grey' : 'live';
}

/** What a message says about ages, and when it came by this machine's own clock. */
export interface Stamp {
  now: number; // the sender's clock, ms
  asOf: Record<string, number>;
  cameAt: number; // our monotonic clock, ms
}

export function stampOf(msg: { now?: string; as_of?: Record<string, string> }, cameAt: number): Stamp {
  const asOf: Record<string, number> = {};
  for (const [node, at] of Object.entries(msg.as_of ?? {})) asOf[node] = Date.parse(at);
  // Without the sender's clock the newest of its own stamps stands in for it.
  const newest = Math.max(0, ...Object.values(asOf));
  return { now: msg.now ? Date.parse(msg.now) : newest, asOf, cameAt };
}

/**
 * The age of a node's news: how old it was when the message was made, and the
 * time since by our own monotonic clock. Wall clocks of two machines are never
 * compared. A node nobody has heard of is infinitely old.
 */
export function ageOf(stamp: Stamp | null, node: string, monotonicNow: number): number {
  const at = stamp?.asOf[node];
  if (!stamp || at === undefined || Number.isNaN(at)) return Infinity;
  return Math.max(0, stamp.now - at) + Math.max(0, monotonicNow - stamp.cameAt);
}

/** When the node's news was true, by the sender's clock; null when never. */
export function asOf(stamp: Stamp | null, node: string): Date | null {
  const at = stamp?.asOf[node];
  return at === undefined || Number.isNaN(at) || at <= 0 ? null : new Date(at);
}
