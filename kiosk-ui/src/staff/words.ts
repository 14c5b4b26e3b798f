// What the staff screens say: bay, desk and office share one table a language.

import type { Tables } from '../shared/i18n';
import { en } from './words-en';
import { hans } from './words-hans';
import { hant } from './words-hant';

export type Key = keyof typeof hans;

export const words: Tables<Key> = { 'zh-Hans': hans, 'zh-Hant': hant, en };
