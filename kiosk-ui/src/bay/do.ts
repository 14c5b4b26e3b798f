// Which of the bay's five buttons can be pressed now, and if not, why.

import type { BayJob, ScannerState } from '../shared/types';

export type Deed = 'receive' | 'scan' | 'start' | 'pause' | 'resume' | 'extra' | 'finish';
export interface Button { deed: Deed; on: boolean; why: string; main: boolean }

const afterReceive = ['received', 'diagnosing', 'in_repair', 'paused', 'waiting_parts', 'waiting_answer', 'rework'];

/** Always five, always in the same places: hands learn where they are. */
export function buttons(job: BayJob, scanner: ScannerState): Button[] {
  const p = job.phase;
  const here = afterReceive.includes(p);
  const working = p === 'in_repair' || p === 'paused';
  const noScan = job.no_scan || (!here && p !== 'done' ? 'not_received' : scanner.state !== 'online' ? 'scanner_offline' : '');
  const middle: Button =
    p === 'in_repair' ? { deed: 'pause', on: true, why: '', main: false }
    : p === 'paused' ? { deed: 'resume', on: true, why: '', main: true }
    : { deed: 'start', on: here && !job.locked && p !== 'waiting_parts', why: job.locked || (here ? (p === 'waiting_parts' ? p : '') : p === 'dispatched' ? 'not_received' : 'already'), main: true };
  return [
    { deed: 'receive', on: p === 'dispatched', why: p === 'dispatched' ? '' : 'already', main: true },
    { deed: 'scan', on: !noScan, why: noScan, main: p === 'received' && (job.scans ?? []).length === 0 },
    middle,
    { deed: 'extra', on: here, why: here ? '' : p === 'dispatched' ? 'not_received' : 'already', main: false },
    { deed: 'finish', on: working, why: working ? '' : p === 'waiting_answer' || p === 'waiting_parts' ? p : here || p === 'dispatched' ? 'not_started' : 'already', main: p === 'in_repair' },
  ];
}
