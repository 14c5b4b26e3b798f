// Every state-changing call of a screen. A call keeps its request id over every
// retry, so that the server can tell "again" from "another".

export interface Trouble { kind: string; message: string; hint: string; status: number }

export class Refused extends Error {
  readonly trouble: Trouble;
  constructor(trouble: Trouble) {
    super(trouble.message);
    this.trouble = trouble;
  }
}

export interface Wires {
  fetch: typeof fetch;
  wait: (ms: number) => Promise<void>;
  random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;
}

export const wires: Wires = {
  fetch: (...a) => fetch(...a),
  wait: (ms) => new Promise((done) => setTimeout(done, ms)),
  random: (bytes) => crypto.getRandomValues(bytes),
};

/** 32 hex characters. */
export function newRequest(random: Wires['random'] = wires.random): string {
  return Array.from(random(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}

const PAUSES_MS = [300, 900, 2_000, 4_000];
const ANSWER_MS = 30_000; // a lock takes seconds; longer than this nobody answers

/** Sends body to path until something answers, at most five times. */
export async function post<T>(path: string, body: object, w: Wires = wires): Promise<T> {
  const request = (body as { request?: string }).request ?? newRequest(w.random);
  const text = JSON.stringify({ ...body, request });
  for (let n = 0; ; n++) {
    try {
      return await once<T>(path, text, w);
    } catch (err) {
      if (err instanceof Refused && !isPassing(err.trouble)) throw err;
      const pause = PAUSES_MS[n];
      if (pause === undefined) throw asRefused(err);
      await w.wait(pause);
    }
  }
}

async function once<T>(path: string, text: string, w: Wires): Promise<T> {
  const res = await w.fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Pitlane': '1' },
    body: text,
    cache: 'no-store',
    credentials: 'same-origin',
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const answer: unknown = await res.json().catch(() => null);
  if (res.ok) return answer as T;
  const e = (answer as { error?: Partial<Trouble> } | null)?.error;
  throw new Refused({
    kind: e?.kind ?? 'http',
    message: e?.message ?? res.statusText,
    hint: e?.hint ?? '',
    status: res.status,
  });
}

// A gateway that has nobody behind it will have; every answer with words is final.
function isPassing(t: Trouble): boolean {
  return t.kind === 'http' && (t.status === 502 || t.status === 503 || t.status === 504);
}

function asRefused(err: unknown): Refused {
  if (err instanceof Refused) return err;
  return new Refused({ kind: 'network', message: String(err), hint: '', status: 0 });
}

/**
 * Calls of one button: a press after a failure that may have arrived sends the
 * same id again while the body is the same, so nothing happens twice.
 */
export class Caller {
  private last = { key: '', request: '' };
  private readonly w: Wires;

  constructor(w: Wires = wires) {
    this.w = w;
  }

  async call<T>(path: string, body: object): Promise<T> {
    const key = path + JSON.stringify(body);
    if (this.last.key !== key) this.last = { key, request: newRequest(this.w.random) };
    try {
      const answer = await post<T>(path, { ...body, request: this.last.request }, this.w);
      this.last = { key: '', request: '' };
      return answer;
    } catch (err) {
      // A refusal is an answer: the next press is a new wish. Silence is not.
      if (err instanceof Refused && err.trouble.kind !== 'network') this.last = { key: '', request: '' };
      throw err;
    }
  }
}
