// The live view as a screen's own state.

import { ageOf, asOf, freshness, type Freshness } from './ages';
import { firstMessage, Live, socketURL, type Heard } from './live';

const empty = { view: null, stamp: null, connected: false, silent: false };

export class Screen<V> {
  heard: Heard<V> = $state.raw(empty);
  /** Our monotonic clock, once a second: what ages are read against. */
  tick: number = $state(performance.now());

  constructor(name: string) {
    const live = new Live<V>(socketURL(name, location), (h) => (this.heard = h));
    live.start(firstMessage<V>(document));
    setInterval(() => (this.tick = performance.now()), 1000);
  }

  get view(): V | null {
    return this.heard.view;
  }

  /** Nothing heard from our own server for 5 s. */
  get stale(): boolean {
    return this.heard.silent;
  }

  /** The server's wall clock now, as far as we know it. */
  get now(): Date | null {
    const s = this.heard.stamp;
    return s ? new Date(s.now + Math.max(0, this.tick - s.cameAt)) : null;
  }

  /** When the last message was made, by the server's clock. */
  get lastHeard(): Date | null {
    const s = this.heard.stamp;
    return s ? new Date(s.now) : null;
  }

  fresh(node: string): Freshness {
    return freshness(ageOf(this.heard.stamp, node, Math.max(this.tick, this.heard.stamp?.cameAt ?? 0)));
  }

  asOf(node: string): Date | null {
    return asOf(this.heard.stamp, node);
  }
}
