import { describe, expect, test } from 'vitest';
import { Live, pauseBefore, SILENCE_MS, type Heard, type Surroundings } from '../src/shared/live';

class FakeSocket {
  onmessage: ((e: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  readonly url: string;
  constructor(url: string) { this.url = url; }
  close() { this.closed = true; this.onclose?.(); }
  say(m: object) { this.onmessage?.({ data: JSON.stringify(m) }); }
}

// Time that moves only when told to, and timers that fire in its order.
function surroundings() {
  const sockets: FakeSocket[] = [];
  let now = 0;
  let timers: { at: number; then: () => void }[] = [];
  const around: Surroundings = {
    socket: (url) => { const s = new FakeSocket(url); sockets.push(s); return s as unknown as WebSocket; },
    monotonic: () => now,
    draw: () => 1,
    after: (ms, then) => { const t = { at: now + ms, then }; timers.push(t); return () => { timers = timers.filter((x) => x !== t); }; },
  };
  const pass = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const due = timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      now = due.at;
      timers = timers.filter((t) => t !== due);
      due.then();
    }
    now = end;
  };
  return { around, sockets, pass };
}

const message = (version: string, view?: object) => ({ version, now: '2026-01-01T10:00:00Z', as_of: { a: '2026-01-01T10:00:00Z' }, view });
const begin = () => {
  const world = surroundings();
  const heard: Heard<{ n: number }>[] = [];
  const live = new Live<{ n: number }>('ws://x/ws?screen=board', (h) => heard.push(h), world.around);
  return { ...world, live, heard };
};

describe('a live view', () => {
  test('shows the state that came with the page before it connects', () => {
    const { live, heard, sockets } = begin();
    live.start({ ...message('R-1', { n: 1 }), view: { n: 1 } });
    expect(heard[0]?.view).toEqual({ n: 1 });
    expect(sockets[0]?.url).toBe('ws://x/ws?screen=board&since=R-1');
  });

  test('keeps its view over a heartbeat, with a newer stamp', () => {
    const { live, sockets, pass } = begin();
    live.start(null);
    sockets[0]!.say(message('R-1', { n: 1 }));
    pass(2000);
    sockets[0]!.say(message('R-1'));
    expect(live.heard.view).toEqual({ n: 1 });
    expect(live.heard.stamp?.cameAt).toBe(2000);
  });

  test('comes back by itself, for ever, asking for what is newer than it shows', () => {
    const { live, sockets, pass } = begin();
    live.start(null);
    sockets[0]!.say(message('R-7', { n: 7 }));
    for (let i = 0; i < 50; i++) {
      sockets.at(-1)!.close();
      pass(8000);
    }
    expect(sockets.length).toBeGreaterThan(50);
    expect(sockets.at(-1)!.url).toContain('since=R-7');
  });

  test('is silent after 5 s without a message, ends the mute connection, and recovers', () => {
    const { live, sockets, pass } = begin();
    live.start(null);
    sockets[0]!.say(message('R-1', { n: 1 }));
    pass(SILENCE_MS - 1);
    expect(live.heard.silent).toBe(false);
    pass(1);
    expect(live.heard.silent).toBe(true);
    expect(sockets[0]!.closed).toBe(true);
    pass(8000);
    sockets.at(-1)!.say(message('R-2', { n: 2 }));
    expect(live.heard).toMatchObject({ silent: false, connected: true, view: { n: 2 } });
  });

  test('gives a new connection its own five seconds, while the screen stays stale', () => {
    const { live, sockets, pass } = begin();
    live.start(null);
    sockets[0]!.say(message('R-1', { n: 1 }));
    pass(4000);
    sockets[0]!.close();
    pass(1000);
    expect(live.heard.silent).toBe(true);
    expect(sockets[1]!.closed).toBe(false);
    pass(3000);
    sockets[1]!.say(message('R-1'));
    expect(live.heard.silent).toBe(false);
    expect(sockets.length).toBe(2);
  });

  test('an old connection that speaks late is not listened to', () => {
    const { live, sockets, pass } = begin();
    live.start(null);
    sockets[0]!.say(message('R-2', { n: 2 }));
    pass(SILENCE_MS + 8000);
    sockets[0]!.say(message('R-1', { n: 1 }));
    expect(live.heard.view).toEqual({ n: 2 });
  });

  test('stops when told to', () => {
    const { live, sockets, pass } = begin();
    live.start(null);
    live.stop();
    pass(60_000);
    expect(sockets.length).toBe(1);
  });
});

test('the pause doubles, is drawn from its upper half, and has an end', () => {
  expect([0, 1, 2, 3].map((n) => pauseBefore(n, () => 1))).toEqual([250, 500, 1000, 2000]);
  expect(pauseBefore(0, () => 0)).toBe(125);
  expect(pauseBefore(99, () => 1)).toBe(8000);
});
