import { describe, expect, test } from 'vitest';
import { Caller, newRequest, post, Refused, type Wires } from '../src/shared/post';

type Answer = { status: number; body: object } | 'down';

// Wires that answer from a list and remember what was sent.
function wiresOf(answers: Answer[]) {
  const sent: { path: string; headers: Record<string, string>; body: Record<string, unknown> }[] = [];
  const pauses: number[] = [];
  let drawn = 0;
  const wires: Wires = {
    fetch: (async (path: string, init: RequestInit) => {
      sent.push({ path, headers: init.headers as Record<string, string>, body: JSON.parse(String(init.body)) });
      const a = answers.shift() ?? 'down';
      if (a === 'down') throw new TypeError('network');
      return new Response(JSON.stringify(a.body), { status: a.status });
    }) as typeof fetch,
    wait: async (ms) => void pauses.push(ms),
    random: (bytes) => bytes.fill(++drawn),
  };
  return { wires, sent, pauses };
}

const refusal = (kind: string, status = 409) => ({ status, body: { error: { kind, message: 'm', hint: 'h' } } });

describe('a call', () => {
  test('carries the header and 32 hex characters', async () => {
    const { wires, sent } = wiresOf([{ status: 200, body: { ok: 1 } }]);
    expect(await post('/x', { a: 1 }, wires)).toEqual({ ok: 1 });
    expect(sent[0]!.headers['X-Pitlane']).toBe('1');
    expect(sent[0]!.body.request).toMatch(/^[0-9a-f]{32}$/);
  });

  test('is repeated with the same id while nobody answers', async () => {
    const { wires, sent, pauses } = wiresOf(['down', { status: 503, body: {} }, { status: 200, body: {} }]);
    await post('/x', {}, wires);
    expect(new Set(sent.map((s) => s.body.request)).size).toBe(1);
    expect(sent.length).toBe(3);
    expect(pauses.length).toBe(2);
  });

  test('gives up after five, and says that it was the network', async () => {
    const { wires, sent } = wiresOf([]);
    await expect(post('/x', {}, wires)).rejects.toMatchObject({ trouble: { kind: 'network' } });
    expect(sent.length).toBe(5);
  });

  test('is not repeated when the answer is a refusal in words', async () => {
    const { wires, sent } = wiresOf([refusal('disk_full', 507)]);
    await expect(post('/x', {}, wires)).rejects.toBeInstanceOf(Refused);
    expect(sent.length).toBe(1);
  });
});

describe('a button', () => {
  test('pressed again after silence sends the same id', async () => {
    const { wires, sent } = wiresOf([]);
    const caller = new Caller(wires);
    await caller.call('/x', { a: 1 }).catch(() => null);
    await caller.call('/x', { a: 1 }).catch(() => null);
    expect(new Set(sent.map((s) => s.body.request)).size).toBe(1);
  });

  test('pressed again after a refusal, or with another body, sends another id', async () => {
    const { wires, sent } = wiresOf([refusal('moved'), refusal('moved'), refusal('moved')]);
    const caller = new Caller(wires);
    for (const a of [1, 1, 2]) await caller.call('/x', { a }).catch(() => null);
    expect(new Set(sent.map((s) => s.body.request)).size).toBe(3);
  });
});

test('request ids differ', () => {
  expect(newRequest()).not.toBe(newRequest());
});
