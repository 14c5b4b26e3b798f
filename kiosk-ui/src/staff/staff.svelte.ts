// What the staff screens have in common: a language, who is at the screen, and
// the calls they make. Nothing of it outlives the page.

import { sayer, startLang, wordOf, type Say } from '../shared/i18n';
import { Caller, Refused } from '../shared/post';
import type { Lang, Person } from '../shared/types';
import { words, type Key } from './words';

export class Staff {
  lang: Lang = $state(startLang(location.search, navigator.languages));
  by = $state('');
  busy = $state(false);
  trouble = $state('');
  say: Say<Key> = $derived(sayer(words, this.lang));
  private caller = new Caller();

  constructor() {
    document.documentElement.lang = this.lang;
  }

  speak(lang: Lang): void {
    this.lang = lang;
    document.documentElement.lang = lang;
  }

  word(prefix: string, name: string): string {
    return Object.hasOwn(words[this.lang], prefix + name) ? words[this.lang][(prefix + name) as Key] : wordOf({}, name);
  }

  name(people: readonly Person[] | null | undefined, id: string): string {
    return people?.find((p) => p.id === id)?.name ?? id;
  }

  /** One decision about a job, on what was on the screen. True when it was written. */
  async decide(path: string, job: { id: string; tips: unknown[] | null }, more: object = {}): Promise<boolean> {
    return this.act(path, { job: job.id, seen: job.tips ?? [], ...more });
  }

  /** Anything else that a person of the shop does. True when it was taken. */
  async act(path: string, what: object): Promise<boolean> {
    if (this.busy) return false;
    if (!this.by) {
      this.trouble = this.say('r_who');
      return false;
    }
    this.busy = true;
    this.trouble = '';
    try {
      await this.caller.call(`/api/v1/${path}`, { by: this.by, ...what });
      return true;
    } catch (err) {
      this.trouble = this.wordsOf(err);
      return false;
    } finally {
      this.busy = false;
    }
  }

  private wordsOf(err: unknown): string {
    if (!(err instanceof Refused)) return String(err);
    const { kind, message, hint } = err.trouble;
    if (Object.hasOwn(words[this.lang], `r_${kind}`)) return this.word('r_', kind);
    return [message, hint].filter(Boolean).join(' · ');
  }
}
