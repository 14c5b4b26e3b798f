// A kiosk that is left alone asks, waits, and forgets.

export const IDLE_MS = 60_000;
export const WARN_MS = 20_000;

export type Idle = { is: 'busy' } | { is: 'warning'; seconds: number } | { is: 'over' };

/** What `quiet` ms without a touch mean. */
export function idleAfter(quiet: number): Idle {
  if (quiet < IDLE_MS) return { is: 'busy' };
  const left = IDLE_MS + WARN_MS - quiet;
  return left <= 0 ? { is: 'over' } : { is: 'warning', seconds: Math.ceil(left / 1000) };
}
