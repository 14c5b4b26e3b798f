// One customer at the kiosk: what was typed so far, and which page is up. It
// lives in memory only, and wipe() leaves nothing of it.

import { sayer, startLang, wordOf, type Say } from '../shared/i18n';
import { Caller, Refused } from '../shared/post';
import type { CodeChange, CodeText, KioskSession, Lang } from '../shared/types';
import { words, type Key } from './tables';

export type Page =
  | 'greet' | 'purpose' | 'aside' | 'plate' | 'phone' | 'wrong' | 'walk' | 'things' | 'order' | 'sign' | 'key' | 'done'
  | 'declined' | 'code' | 'notready' | 'review' | 'pickup' | 'rate' | 'bye' | 'wiping';

export const purposes = ['repair', 'maintenance', 'diagnosis', 'quote', 'enquiry', 'appointment', 'pickup', 'complaint'] as const;
export type Purpose = (typeof purposes)[number];

/** The pages that the lane at the top counts. */
export const lane: Page[] = ['purpose', 'plate', 'phone', 'wrong', 'walk', 'things', 'order', 'sign', 'key', 'done'];
export const pickupLane: Page[] = ['code', 'review', 'pickup', 'rate', 'bye'];

export interface Order {
  lines: { id: string; text: string; price: number }[];
  total: number;
  promised: string | number | null;
  text: string;
  text_hash: string;
}
export interface Done { ticket: string; code: string; promised: string | number | null; qr_svg: string }
export interface Slot { slot: number; outcome: 'opened' | 'failed' | 'unknown' }
export interface Pickup {
  job: string;
  ticket: string;
  ready: boolean;
  why?: string;
  lines: { id: string; text: string; price: number }[] | null;
  total: number;
  codes_before: CodeText[] | null;
  codes_after: CodeText[] | null;
  changes?: { complete: boolean; clear: boolean; codes: CodeChange[] | null } | null;
  receipt?: { qr_svg: string; local?: boolean } | null;
}

const blank = () => ({
  purpose: 'repair' as Purpose,
  plate: '',
  foreign: false,
  platePublic: 'masked' as 'masked' | 'ticket',
  phone: '',
  taps: [] as string[],
  words: '',
  marks: {} as Record<string, string>,
  things: [] as string[],
  job: '',
  order: null as Order | null,
  consent: null as boolean | null,
  slot: null as Slot | null,
  done: null as Done | null,
  code: '',
  pickup: null as Pickup | null,
  assistance: false,
});

export class Visit {
  page: Page = $state('greet');
  lang: Lang = $state(startLang(location.search, navigator.languages));
  busy = $state(false);
  trouble: Key | null = $state(null);
  view = $state({ large: false, contrast: false, low: false });
  /** What the customer told us. */
  it = $state(blank());
  say: Say<Key> = $derived(sayer(words, this.lang));
  private caller = new Caller();

  speak(lang: Lang): void {
    this.lang = lang;
    document.documentElement.lang = lang;
  }

  go(page: Page): void {
    this.trouble = null;
    this.page = page;
  }

  /** A word of the closed lists in the customer's language. */
  word(prefix: string, name: string): string {
    return wordOf(words[this.lang], prefix + name);
  }

  choose(purpose: Purpose): void {
    this.it.purpose = purpose;
    if (purpose === 'pickup') return this.go('code');
    if (purpose === 'enquiry' || purpose === 'complaint' || purpose === 'appointment') return this.go('aside');
    this.go('plate');
  }

  /** Runs one call; a failure becomes words on this page, and the answer null. */
  async call<T>(path: string, body: object): Promise<T | null> {
    if (this.busy) return null;
    this.busy = true;
    this.trouble = null;
    try {
      return await this.caller.call<T>(`/api/v1/${path}`, body);
    } catch (err) {
      this.trouble = troubleKey(err);
      return null;
    } finally {
      this.busy = false;
    }
  }

  async open(): Promise<void> {
    const v = this.it;
    const marks = Object.entries(v.marks).map(([zone, kind]) => `${this.word('z_', zone)}: ${this.word('k_', kind)}`);
    // The lists go in the customer's own words: they are printed on the order he signs.
    const answer = await this.call<{ job: string; ticket: string; order: Order }>('checkin/open', {
      lang: this.lang,
      purpose: v.purpose,
      plate: v.plate,
      plate_public: v.platePublic,
      phone: v.phone,
      name: '',
      complaint: { taps: v.taps.map((t) => this.word('t_', t)), words: v.words.trim() },
      walkround: { none: marks.length === 0, marks },
      belongings: { none: v.things.length === 0, items: v.things.map((b) => this.word('b_', b)) },
      assistance: v.assistance,
    });
    if (!answer) return;
    v.job = answer.job;
    v.order = answer.order;
    this.go('order');
    if (!(await isTextOf(answer.order))) this.trouble = 'orderChanged';
  }

  async sign(strokes: object[]): Promise<void> {
    const v = this.it;
    const body = { job: v.job, text_hash: v.order!.text_hash, consent_scan: v.consent === true, strokes };
    if (await this.call('checkin/sign', body)) this.go('key');
  }

  async decline(): Promise<void> {
    if (await this.call('checkin/decline', { job: this.it.job, reason: '' })) this.go('declined');
  }

  async openSlot(): Promise<void> {
    this.it.slot = null;
    this.it.slot = await this.call<Slot>('checkin/key', { job: this.it.job });
  }

  async finish(): Promise<void> {
    const done = await this.call<Done>('checkin/finish', { job: this.it.job });
    if (!done) return;
    this.it.done = done;
    this.go('done');
  }

  async openPickup(): Promise<void> {
    const found = await this.call<Pickup>('pickup/open', { code: this.it.code });
    if (!found) return;
    this.it.pickup = found;
    this.go(found.ready ? 'review' : 'notready');
  }

  async takeKey(strokes: object[]): Promise<void> {
    this.it.slot = null;
    this.it.slot = await this.call<Slot>('pickup/key', { code: this.it.code, strokes });
  }

  async rate(stars: number): Promise<void> {
    if (await this.call('pickup/rate', { code: this.it.code, stars })) this.go('bye');
  }

  /** Takes up a key step that outlived a page: the kiosk's browser was restarted under it. */
  resume(session: KioskSession): void {
    if (session.mode !== 'checkin' || !['key', 'opening', 'open', 'failed'].includes(session.step)) return;
    this.it.job = session.job;
    this.go('key');
  }

  /** Forgets everything here, and at the edge what is under way. */
  async wipe(): Promise<void> {
    this.it = blank();
    this.busy = false;
    this.trouble = null;
    this.page = 'wiping';
    this.view = { large: false, contrast: false, low: false };
    this.caller = new Caller();
    await this.caller.call('/api/v1/kiosk/reset', {}).catch(() => null); // the edge forgets by itself too
    // A new document holds nothing of the old one; only when there is somebody to give it.
    const alive = await fetch('/healthz', { cache: 'no-store' }).then((r) => r.ok, () => false);
    if (alive) location.replace(location.pathname + location.search);
    else this.page = 'greet';
  }
}

const kinds: Record<string, Key> = {
  network: 'e_network', disk_full: 'e_full', closing: 'e_network', unknown_outcome: 'e_network', moved: 'e_moved',
  wrong_code: 'codeBad', used: 'e_used', too_many: 'e_wait', phone: 'phoneBad', text_changed: 'orderChanged',
  no_cabinet: 'e_cabinet', port: 'e_cabinet', cabinet: 'e_cabinet', not_commissioned: 'e_cabinet', slot_taken: 'e_moved', offline: 'e_cabinet', no_free_slot: 'e_full_slots', no_slot: 'e_full_slots',
  key_not_in: 'keyMissing', no_signature: 'needSign',
};

export function troubleKey(err: unknown): Key {
  return (err instanceof Refused && kinds[err.trouble.kind]) || 'e_other';
}

/** Whether the text is what its hash says; where the browser cannot tell, the edge does. */
async function isTextOf(order: Order): Promise<boolean> {
  if (!globalThis.crypto?.subtle) return true;
  const sum = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(order.text));
  return Array.from(new Uint8Array(sum), (b) => b.toString(16).padStart(2, '0')).join('') === order.text_hash;
}
