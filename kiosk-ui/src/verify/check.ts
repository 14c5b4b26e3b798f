// Checks a receipt, offline: the same checks as `pitlane verify`, byte for byte, with
// the browser's own cryptography. Nothing is sent anywhere.

/** Why a receipt is refused, as a word of a closed list. */
export type Fault =
  | 'form' // not a receipt in its one valid form
  | 'key' // its shop's key is no key
  | 'roster' // the list of the shop's computers is not signed by the shop
  | 'leaf' // the entry is broken, or another than the proof is about
  | 'text' // the entry commits to another text
  | 'log' // the entry is not in the log that was signed
  | 'signature' // a signature is missing, unknown or wrong
  | 'pinned'; // it is another shop's

export class Refused extends Error {
  constructor(readonly fault: Fault) {
    super(fault);
  }
}

export interface Witness {
  name: string;
  role: string;
  time: Date | null;
}

export interface Proven {
  shop: string;
  key: string;
  origin: string;
  kind: string;
  job: string;
  wall: number;
  seq: number;
  size: number;
  payload: string;
  witnesses: Witness[];
}

const utf8 = new TextEncoder();
const MAX_SIZE = 64 * 1024;
const MAX_LEAF = 4096;
const MAX_PAYLOAD = 24 * 1024;
const MAX_HASHES = 53;

function must(ok: boolean, fault: Fault): asserts ok {
  if (!ok) throw new Refused(fault);
}

export const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

export function join(...parts: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const all = parts.map((p) => (typeof p === 'string' ? utf8.encode(p) : p));
  const out = new Uint8Array(all.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of all) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

const binary = (b: Uint8Array): string => Array.from(b, (x) => String.fromCharCode(x)).join('');
const hexOf = (b: Uint8Array): string => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');
const base64 = (b: Uint8Array): string => btoa(binary(b));

/** Standard base64 in its one form, or null. */
function unbase64(text: string): Uint8Array | null {
  let bin: string;
  try {
    bin = atob(text);
  } catch {
    return null;
  }
  const b = Uint8Array.from(bin, (c) => c.charCodeAt(0));
  return base64(b) === text ? b : null;
}

function unhex(text: string, bytes: number): Uint8Array | null {
  if (!/^([0-9a-f]{2})*$/.test(text) || text.length !== 2 * bytes) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (h) => parseInt(h, 16));
}

async function sha256(...parts: (Uint8Array | string)[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', join(...parts)));
}

/** Reads parts off the front of a file. */
class Scanner {
  constructor(public rest: Uint8Array) {}

  word(want: string): void {
    const w = utf8.encode(want);
    must(same(this.rest.subarray(0, w.length), w), 'form');
    this.rest = this.rest.subarray(w.length);
  }

  line(word: string): string {
    const end = this.rest.indexOf(10);
    must(end >= 0, 'form');
    const text = binary(this.rest.subarray(0, end));
    must(text.startsWith(word), 'form');
    this.rest = this.rest.subarray(end + 1);
    return text.slice(word.length);
  }

  number(word: string): number {
    const text = this.line(word);
    must(/^(0|[1-9][0-9]{0,15})$/.test(text) && Number.isSafeInteger(Number(text)), 'form');
    return Number(text);
  }

  bytes(word: string): Uint8Array {
    const n = this.number(word);
    must(n <= this.rest.length, 'form');
    const b = this.rest.subarray(0, n);
    this.rest = this.rest.subarray(n);
    return b;
  }
}

interface Receipt {
  shop: string;
  roster: Uint8Array;
  leaf: Uint8Array;
  salt: Uint8Array;
  payload: Uint8Array;
  index: number;
  proof: Uint8Array[];
  checkpoint: Uint8Array;
}

/** Takes a receipt apart and demands that put together again it is the same bytes. */
async function decode(file: Uint8Array): Promise<Receipt> {
  must(file.length <= MAX_SIZE, 'form');
  const s = new Scanner(file);
  s.word('c2sp.org/tlog-proof@v1\n');
  const extra = unbase64(s.line('extra '));
  must(extra !== null, 'form');
  const index = s.number('index ');
  const proof: Uint8Array[] = [];
  for (let line = s.line(''); line !== ''; line = s.line('')) {
    const h = unbase64(line);
    must(h !== null && h.length === 32 && proof.length < MAX_HASHES, 'form');
    proof.push(h);
  }
  const checkpoint = s.rest;
  const x = new Scanner(extra);
  x.word('pl-receipt/v1\n');
  const shop = x.line('shop ');
  const roster = x.bytes('roster ');
  const leaf = x.bytes('leaf ');
  const salt = unhex(x.line('salt '), 32);
  must(salt !== null, 'form');
  must(x.line('head ') === hexOf(await sha256(checkpoint)), 'form');
  const payload = x.bytes('payload ');
  must(x.rest.length === 0, 'form');
  return { shop, roster, leaf, salt, payload, index, proof, checkpoint };
}

interface Signature {
  name: string;
  hash: Uint8Array;
  blob: Uint8Array;
}

interface Note {
  text: Uint8Array;
  sigs: Signature[];
}

const NAME = /^[a-z0-9-]{1,64}$/;
const DASH = binary(utf8.encode('— '));

/** Takes a C2SP signed note apart, strictly. */
function splitNote(b: Uint8Array): Note {
  const all = binary(b);
  const at = all.lastIndexOf('\n\n');
  must(at >= 0 && at + 2 < all.length && all.endsWith('\n'), 'form');
  const sigs = all
    .slice(at + 2, -1)
    .split('\n')
    .map((line) => {
      must(line.startsWith(DASH), 'form');
      const space = line.indexOf(' ', DASH.length);
      const name = line.slice(DASH.length, space);
      must(space > 0 && NAME.test(name), 'form');
      const raw = unbase64(line.slice(space + 1));
      must(raw !== null && raw.length >= 5, 'form');
      return { name, hash: raw.subarray(0, 4), blob: raw.subarray(4) };
    });
  return { text: b.subarray(0, at + 1), sigs };
}

const ED25519 = 1;
const COSIGNED = 4;

async function keyHash(name: string, alg: number, key: Uint8Array): Promise<Uint8Array> {
  return (await sha256(name + '\n', Uint8Array.of(alg), key)).subarray(0, 4);
}

async function ed25519(key: Uint8Array, message: Uint8Array, sig: Uint8Array): Promise<boolean> {
  const k = await crypto.subtle.importKey('raw', join(key), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', k, join(sig), join(message));
}

function timeOf(blob: Uint8Array): number {
  const v = new DataView(blob.buffer, blob.byteOffset, 8);
  return v.getUint32(0) * 2 ** 32 + v.getUint32(4);
}

async function verifies(s: Signature, key: Uint8Array, alg: number, text: Uint8Array): Promise<boolean> {
  if (key.length !== 32 || !same(s.hash, await keyHash(s.name, alg, key))) return false;
  if (alg === ED25519) return s.blob.length === 64 && ed25519(key, text, s.blob);
  if (s.blob.length !== 72 || timeOf(s.blob) > 2 ** 53) return false;
  return ed25519(key, join(`cosignature/v1\ntime ${timeOf(s.blob)}\n`, text), s.blob.subarray(8));
}

async function parseKey(vkey: string): Promise<{ name: string; key: Uint8Array }> {
  const parts = vkey.split('+');
  const name = parts[0] ?? '';
  const raw = unbase64(parts.slice(2).join('+'));
  must(NAME.test(name) && raw !== null && raw.length === 33 && raw[0] === ED25519, 'key');
  const key = raw.subarray(1);
  must(`${name}+${hexOf(await keyHash(name, ED25519, key))}+${base64(raw)}` === vkey, 'key');
  return { name, key };
}

interface Member {
  name: string;
  role: string;
  key: Uint8Array;
}

const ROSTER = utf8.encode('pl-roster/v1\n');

async function rosterOf(signed: Uint8Array, shop: string, key: Uint8Array): Promise<Map<string, Member>> {
  const n = splitNote(signed);
  const sig = n.sigs[0];
  must(n.sigs.length === 1 && sig !== undefined && sig.name === shop, 'roster');
  must(await verifies(sig, key, ED25519, n.text), 'roster');
  must(same(n.text.subarray(0, ROSTER.length), ROSTER), 'roster');
  const list = parsed(n.text.subarray(ROSTER.length), 'roster') as {
    shop?: unknown;
    nodes?: { name?: unknown; role?: unknown; key?: unknown }[];
  };
  must(list.shop === shop && Array.isArray(list.nodes), 'roster');
  const members = new Map<string, Member>();
  for (const node of list.nodes) {
    const k = unbase64(String(node.key));
    const name = String(node.name);
    must(/^[a-z0-9-]{3,48}$/.test(name) && k !== null && k.length === 32 && !members.has(name), 'roster');
    members.set(name, { name, role: String(node.role ?? ''), key: k });
  }
  return members;
}

function parsed(b: Uint8Array, fault: Fault): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(b));
    must(typeof value === 'object' && value !== null, fault);
    return value;
  } catch {
    throw new Refused(fault);
  }
}

interface Leaf {
  o: string;
  s: number;
  b: string;
  m: number;
  w: number;
  q: number;
  k: string;
  j: string;
  p: string[];
  cw: string;
  cp: string;
  n: string;
}

const LEAF = 'pl-event/v1\n';
const HASH = /^[0-9a-f]{64}$/;

/** Reads the exact bytes of a leaf; rebuilt from its fields they must be the same. */
function leafOf(b: Uint8Array): Leaf {
  must(b.length <= MAX_LEAF && binary(b.subarray(0, LEAF.length)) === LEAF, 'leaf');
  const l = parsed(b.subarray(LEAF.length), 'leaf') as Leaf;
  const fits =
    /^[a-z0-9-]{3,48}\/[0-9a-f]{32}$/.test(l.o) &&
    /^[0-9a-f-]{1,64}$/.test(l.b) &&
    /^[a-z0-9_.]{1,64}$/.test(l.k) &&
    /^[A-Za-z0-9_.-]{0,64}$/.test(l.j) &&
    [l.s, l.m, l.w, l.q].every(Number.isSafeInteger) &&
    l.s >= 0 &&
    l.m >= 0 &&
    l.q >= 0 &&
    l.q <= 3 &&
    Array.isArray(l.p) &&
    l.p.length <= 4 &&
    l.p.every((h) => HASH.test(h)) &&
    [l.cw, l.cp].every((h) => h === '' || HASH.test(h)) &&
    /^[0-9a-f]{32}$/.test(l.n);
  must(fits, 'leaf');
  const parents = l.p.map((h) => `"${h}"`).join(',');
  const again =
    `${LEAF}{"o":"${l.o}","s":${l.s},"b":"${l.b}","m":${l.m},"w":${l.w},"q":${l.q},"k":"${l.k}","j":"${l.j}",` +
    `"p":[${parents}],"cw":"${l.cw}","cp":"${l.cp}","n":"${l.n}"}\n`;
  must(same(utf8.encode(again), b), 'leaf');
  return l;
}

/** HMAC-SHA256(salt, "pl-payload/v1\n" ‖ payload). */
async function commitment(salt: Uint8Array, payload: Uint8Array): Promise<string> {
  const k = await crypto.subtle.importKey('raw', join(salt), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return hexOf(new Uint8Array(await crypto.subtle.sign('HMAC', k, join('pl-payload/v1\n', payload))));
}

const LEFT = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The root that an inclusion proof leads to (RFC 9162 §2.1.3.2), or null. */
async function rootOf(leaf: Uint8Array, index: number, size: number, proof: Uint8Array[]): Promise<Uint8Array | null> {
  let fn = BigInt(index);
  let sn = BigInt(size) - 1n;
  let r = await sha256(LEFT, leaf);
  for (const p of proof) {
    if (sn === 0n) return null;
    if ((fn & 1n) === 1n || fn === sn) {
      r = await sha256(NODE, p, r);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      r = await sha256(NODE, r, p);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n ? r : null;
}

async function checkSignatures(n: Note, origin: string, members: Map<string, Member>): Promise<Witness[]> {
  const own = origin.split('/')[0] ?? '';
  const witnesses: Witness[] = [];
  let last = '';
  for (const [i, s] of n.sigs.entries()) {
    const member = members.get(s.name);
    must(member !== undefined, 'signature');
    if (i === 0) {
      must(s.name === own && (await verifies(s, member.key, ED25519, n.text)), 'signature');
      continue;
    }
    must(s.name !== own && s.name > last, 'form');
    last = s.name;
    must(await verifies(s, member.key, COSIGNED, n.text), 'signature');
    const sec = timeOf(s.blob);
    witnesses.push({ name: s.name, role: member.role, time: sec > 0 ? new Date(sec * 1000) : null });
  }
  return witnesses;
}

/** Checks a receipt whole; throws Refused. With pinned keys it must be one of theirs. */
export async function verify(file: Uint8Array, pinned: readonly string[] = []): Promise<Proven> {
  const r = await decode(file);
  const shop = await parseKey(r.shop);
  must(pinned.length === 0 || pinned.includes(r.shop), 'pinned');
  const members = await rosterOf(r.roster, shop.name, shop.key);
  const leaf = leafOf(r.leaf);
  must((leaf.k === 'job.sealed' || leaf.k === 'job.amended') && leaf.s === r.index, 'leaf');
  must(r.payload.length <= MAX_PAYLOAD, 'form');
  must(leaf.cw === (await commitment(r.salt, r.payload)), 'text');

  const n = splitNote(r.checkpoint);
  const lines = binary(n.text).split('\n');
  const size = Number(lines[1]);
  const root = unbase64(lines[2] ?? '');
  const fits =
    lines.length === 4 &&
    lines[0] === leaf.o &&
    lines[3] === '' &&
    /^[1-9][0-9]{0,15}$/.test(lines[1] ?? '') &&
    Number.isSafeInteger(size) &&
    root !== null &&
    root.length === 32;
  must(fits && root !== null && r.index < size, 'log');
  const leads = await rootOf(r.leaf, r.index, size, r.proof);
  must(leads !== null && same(leads, root), 'log');
  const witnesses = await checkSignatures(n, leaf.o, members);
  return {
    shop: shop.name,
    key: r.shop,
    origin: leaf.o,
    kind: leaf.k,
    job: leaf.j,
    wall: leaf.w,
    seq: leaf.s,
    size,
    payload: new TextDecoder().decode(r.payload),
    witnesses,
  };
}
