// The messages as they lie in the page (build.mjs puts them there).

import type { Tables } from '../shared/i18n';
import type { Key } from './words';

export type { Key };

export const words = JSON.parse(document.getElementById('words')!.textContent!) as Tables<Key>;
