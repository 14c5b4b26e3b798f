import type { Tables } from '../shared/i18n';
import { en } from './words-en';
import { hans } from './words-hans';
import { hant } from './words-hant';

export type Key = keyof typeof hans;

/** What the kiosk says. A key that a language lacks does not compile. */
export const words: Tables<Key> = { 'zh-Hans': hans, 'zh-Hant': hant, en };
