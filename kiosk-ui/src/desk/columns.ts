// Where a job stands on the desk's board, and whether its promise is in danger.

import type { DeskJob, Phase } from '../shared/types';

export const columns = ['arrived', 'assign', 'bay', 'answer', 'inspect', 'prepare', 'ready'] as const;
export type Column = (typeof columns)[number] | 'gone';

const where: Record<Phase, Column> = {
  arrived: 'arrived', consented: 'arrived', signed: 'arrived', handed_over: 'assign', dispatched: 'bay', received: 'bay', diagnosing: 'bay',
  in_repair: 'bay', paused: 'bay', waiting_parts: 'bay', rework: 'bay', waiting_answer: 'answer', done: 'inspect', passed: 'prepare',
  prepared: 'prepare', settled: 'ready', gatepass: 'ready', declined: 'ready', key_out: 'ready', left: 'gone',
};

/** An open extra item calls the desk, wherever the car stands. */
export function columnOf(job: DeskJob): Column {
  if (job.erased === 'all') return 'gone';
  if (job.next?.includes('offer') || job.next?.includes('answer')) return 'answer';
  return where[job.phase] ?? 'arrived';
}

const urgency: Record<string, number> = { urgent: 0, important: 1, normal: 2 };

/** Urgent first, then by promise, then by arrival. */
export function inOrder(jobs: readonly DeskJob[]): DeskJob[] {
  const due = (j: DeskJob) => (j.promised ? Date.parse(j.promised) : Infinity);
  return [...jobs].sort((a, b) =>
    (urgency[a.urgency] ?? 2) - (urgency[b.urgency] ?? 2) || (due(a) === due(b) ? 0 : due(a) - due(b)) || Date.parse(a.opened) - Date.parse(b.opened));
}

export type Danger = 'none' | 'soon' | 'late';

/** Red when the promise has passed, amber in its last hour; a car that may leave is neither. */
export function danger(job: DeskJob, now: Date | null): Danger {
  if (!job.promised || !now || columnOf(job) === 'ready' || columnOf(job) === 'gone') return 'none';
  const left = Date.parse(job.promised) - now.getTime();
  return left < 0 ? 'late' : left < 3_600_000 ? 'soon' : 'none';
}
