// One WebSocket to the server that made this page. It comes back by itself, for
// ever, with a jittered pause, and each time asks for what is newer than the
// version it shows.

import { stampOf, type Stamp } from './ages';
import type { Message } from './types';

/** A screen that heard nothing for this long is stale as a whole. */
export const SILENCE_MS = 5_000;

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;

/** The pause before attempt n (0, 1, …): doubling, capped, with half of it drawn. */
export function pauseBefore(attempt: number, draw: () => number): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10));
  return full / 2 + (full / 2) * draw();
}

/** What a live view needs of its surroundings; a test hands in its own. */
export interface Surroundings {
  socket: (url: string) => WebSocket;
  monotonic: () => number;
  draw: () => number;
  after: (ms: number, then: () => void) => () => void;
}

export const browser: Surroundings = {
  socket: (url) => new WebSocket(url),
  monotonic: () => performance.now(),
  draw: Math.random,
  after: (ms, then) => {
    const id = setTimeout(then, ms);
    return () => clearTimeout(id);
  },
};

export interface Heard<V> {
  view: V | null;
  stamp: Stamp | null;
  connected: boolean;
  silent: boolean; // nothing heard for SILENCE_MS
}

export class Live<V> {
  heard: Heard<V> = { view: null, stamp: null, connected: false, silent: false };
  private version = '';
  private attempt = 0;
  private socket: WebSocket | null = null;
  private stopPause = () => {};
  private stopMute = () => {};
  private stopSilence = () => {};
  private stopped = false;
  private readonly url: string;
  private readonly tell: (h: Heard<V>) => void;
  private readonly around: Surroundings;

  constructor(url: string, tell: (h: Heard<V>) => void, around: Surroundings = browser) {
    this.url = url;
    this.tell = tell;
    this.around = around;
  }

  /** Takes the message that came with the page, if one did, and connects. */
  start(first: Message<V> | null): void {
    if (first) this.take(first);
    this.heedSilence();
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.stopPause();
    this.stopMute();
    this.stopSilence();
    this.socket?.close();
  }

  private connect(): void {
    if (this.stopped) return;
    const socket = this.around.socket(`${this.url}&since=${encodeURIComponent(this.version)}`);
    this.socket = socket;
    this.heedMute(socket);
    socket.onmessage = (e) => {
      if (socket !== this.socket) return;
      this.attempt = 0;
      this.take(JSON.parse(String(e.data)) as Message<V>);
      this.heedSilence();
      this.heedMute(socket);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.again();
    };
    // An error is always followed by a close, which is where we act.
    socket.onerror = () => {};
  }

  private again(): void {
    this.socket = null;
    this.say({ connected: false });
    if (this.stopped) return;
    const ms = pauseBefore(this.attempt++, this.around.draw);
    this.stopPause = this.around.after(ms, () => this.connect());
  }

  // A half-open connection never closes by itself: five mute seconds end it.
  private heedMute(socket: WebSocket): void {
    this.stopMute();
    this.stopMute = this.around.after(SILENCE_MS, () => {
      if (socket !== this.socket) return;
      this.again();
      socket.close();
    });
  }

  // The screen is stale by what it heard last, however the connection fares.
  private heedSilence(): void {
    this.stopSilence();
    this.stopSilence = this.around.after(SILENCE_MS, () => this.say({ silent: true }));
  }

  private take(msg: Message<V>): void {
    if (msg.version) this.version = msg.version;
    const view = msg.view ?? this.heard.view;
    const stamp = stampOf(msg, this.around.monotonic());
    this.say({ view, stamp, connected: this.socket !== null, silent: false });
  }

  private say(change: Partial<Heard<V>>): void {
    this.heard = { ...this.heard, ...change };
    this.tell(this.heard);
  }
}

/** The message the server put into the page. */
export function firstMessage<V>(doc: Document): Message<V> | null {
  const text = doc.getElementById('state')?.textContent;
  if (!text) return null;
  try {
    return JSON.parse(text) as Message<V>;
  } catch {
    return null; // a page without a first state is only slower: the socket brings one
  }
}

export function socketURL(screen: string, at: Location): string {
  return `${at.protocol === 'https:' ? 'wss' : 'ws'}://${at.host}/ws?screen=${screen}`;
}
