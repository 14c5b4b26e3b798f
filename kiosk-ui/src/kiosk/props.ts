import type { KioskView } from '../shared/types';
import type { Visit } from './visit.svelte';

/** What every page of the kiosk gets. */
export interface PageProps {
  visit: Visit;
  view: KioskView | null;
  onwipe: () => void;
}
