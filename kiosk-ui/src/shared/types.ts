// The views as the server sends them (package edge/board, view.go). A field that
// is not here may still come; a field that is optional here may be missing.

export type Lang = 'zh-Hans' | 'zh-Hant' | 'en';
export type PerLang = Partial<Record<Lang, string>>;

export type Phase =
  | 'arrived' | 'consented' | 'signed' | 'handed_over' | 'dispatched' | 'received' | 'diagnosing'
  | 'in_repair' | 'paused' | 'waiting_parts' | 'waiting_answer' | 'done' | 'rework' | 'passed'
  | 'prepared' | 'settled' | 'gatepass' | 'declined' | 'key_out' | 'left';

export type Word =
  | 'waiting' | 'checking' | 'waiting_answer' | 'in_repair'
  | 'waiting_parts' | 'inspection' | 'getting_ready' | 'ready';

/** A message of /ws; a heartbeat comes without `view`. */
export interface Message<V> {
  version: string;
  now?: string;
  as_of: Record<string, string>;
  view?: V;
}

export interface Fault { kind: string; message: string; hint: string }
export interface Person { id: string; name: string; role: string }
export interface Complaint { taps?: string[] | null; words?: string }

export type Hook = 'open' | 'closed' | 'unknown';
export type KeyState = 'present' | 'absent' | 'unknown';

// Kiosk.

export interface KioskView {
  shop: string;
  accepting: boolean;
  why?: string;
  session?: KioskSession | null;
  faults?: Fault[] | null;
}
export interface KioskSession {
  job: string;
  ticket: string;
  mode: 'checkin' | 'pickup';
  step: 'sign' | 'key' | 'opening' | 'open' | 'done' | 'failed';
  slot?: number;
  hook?: Hook;
  key?: KeyState;
  trouble?: 'wrong_slot' | 'door_open' | 'taken_back';
  other?: number;
  promised?: string | null;
}

// Waiting room.

export interface WaitingView { shop: string; rows: Row[] | null; faults?: Fault[] | null }
export interface Row {
  ticket: string;
  plate?: string;
  word: Word;
  bay?: string;
  promised?: string | null;
  late?: boolean;
  progress: number;
  node: string;
}

// Bay.

export interface BayView {
  bay: string;
  node: string;
  job?: BayJob | null;
  next: { ticket: string; plate: string }[] | null;
  scanner: ScannerState;
  clear?: ClearState | null;
  scan?: ScanState | null;
  people: Person[] | null;
  faults: Fault[] | null;
}
export interface BayJob {
  id: string;
  tips: unknown[] | null;
  ticket: string;
  plate: string;
  vin?: string;
  phase: Phase;
  word: Word;
  complaint: Complaint;
  lines: { id: string; text: string }[] | null;
  lead: string;
  extras: { id: string; text: string; safety?: boolean; state: string }[] | null;
  scans: ScanSummary[] | null;
  locked?: string;
  no_scan?: string;
  no_clear?: string;
  promised?: string | null;
  mismatch?: boolean;
  wrong?: WrongCar | null;
  compare?: Comparison | null;
}
export interface ScanSummary {
  id: string;
  at: string;
  state: 'running' | 'completed' | 'failed';
  why?: string;
  complete: boolean;
  codes: CodeText[] | null;
  other_car?: boolean;
  recorded?: boolean;
}
/** The clearing of codes that runs, or the job's newest; with error it was refused before anything was sent. */
export interface ClearState {
  id: string;
  state: '' | 'running' | 'cleared' | 'failed' | 'unknown';
  step?: string;
  done?: number;
  total?: number;
  reason?: string;
  words?: string;
  at?: string;
  why?: string;
  message?: string;
  units: ClearedUnit[] | null;
  before: CodeText[] | null;
  after: CodeText[] | null;
  error?: Fault | null;
}
export interface ClearedUnit {
  ecu: string;
  outcome: 'cleared' | 'refused' | 'failed' | 'unknown' | 'nothing';
  why?: string;
  nrc?: string;
  gone: string[] | null;
  remain: string[] | null;
  permanent: string[] | null;
  incomplete: number;
}
/** The live values of the car in the bay, on a socket of their own. */
export interface LiveView {
  bay: string;
  on: boolean;
  job?: string;
  until?: string;
  why?: 'stopped' | 'expired' | 'nobody' | 'left';
  offered: { ecu: string; pid: string; name?: string; unit?: string; read: boolean }[] | null;
  values: LiveValue[] | null;
  error?: Fault | null;
}
export interface LiveValue { ecu: string; pid: string; name?: string; value: unknown; unit?: string; raw?: string; at: string }
/** A car in the bay that is not known to be the job's; the numbers are masked. */
export interface WrongCar { scan: string; expected: string; found: string }
/** Two scans side by side, compared by the server. */
export interface Comparison {
  before: ComparedScan;
  after: ComparedScan;
  clear: boolean;
  codes: CodeChange[] | null;
  readiness: { ecu: string; name: string; before: MonitorState; after: MonitorState }[] | null;
  readings?: { ecu: string; pid: string; name: string; unit?: string; before: unknown; after: unknown }[] | null;
}
export type MonitorState = 'complete' | 'incomplete' | 'unsupported' | 'unknown';
export interface ComparedScan { id: string; at: string; complete: boolean; mil: string }
export interface CodeChange {
  ecu: string;
  code: string;
  plain?: PerLang | null;
  was: 'yes' | 'no' | 'unknown';
  is: 'yes' | 'no' | 'unknown';
  change: 'gone' | 'still' | 'new' | 'unknown';
  before: string[] | null;
  after: string[] | null;
  untested?: boolean;
}
export interface CodeText {
  ecu: string;
  code: string;
  status: 'stored' | 'pending' | 'permanent';
  plain?: PerLang | null;
}
export interface ScannerState {
  state: 'none' | 'connecting' | 'online' | 'fault';
  identity?: string;
  volts?: number | null;
  fault?: Fault | null;
}
export interface ScanState {
  id: string;
  running: boolean;
  step: string;
  done: number;
  total: number;
  codes: CodeText[] | null;
  report?: Report | null;
  error?: Fault | null;
}

// The report of a scan, in the form that `pitlane scan` prints.

export interface Report {
  adapter?: { identity?: string; description?: string; volts?: number | null; hints?: string[] | null };
  protocol?: { number?: string; name?: string };
  vin?: { state: string; value?: string };
  ecus?: Ecu[] | null;
  errors?: { request: string; ecu?: string; state: string; nrc?: string }[] | null;
  other_tester?: boolean;
  requests?: number;
  duration_ms?: number;
}
export interface CodeList { state: string; nrc?: string; codes?: { code: string }[] | null }
export interface Ecu {
  id: string;
  stored?: CodeList | null;
  pending?: CodeList | null;
  permanent?: CodeList | null;
  freeze_state?: string;
  tests_state?: string;
  readiness?: Readiness | null;
  readings?: Reading[] | null;
  freeze?: { frame: number; code: string; readings: Reading[] | null; raw?: string }[] | null;
  tests?: Test[] | null;
  info?: { name?: string; calibration_ids?: string[]; cvns?: string[] } | null;
}
export interface Test { mid: string; tid: string; unit: string; value: number; min: number; max: number; passed: boolean; not_run?: boolean; raw?: string }
export interface Readiness {
  state: string;
  mil?: boolean;
  count?: number;
  monitors?: { name: string; supported: boolean; complete: boolean }[] | null;
  groups?: { group: string; name?: string; codes: number; complete: boolean }[] | null;
}
export interface Reading { pid: string; name: string | null; value?: number | string | boolean | null; unit?: string; raw?: string }

// Desk.

export interface DeskView {
  shop: string;
  node: string;
  jobs: DeskJob[] | null;
  bays: { bay: string; node: string; ticket?: string }[] | null;
  cabinet: { state: 'none' | 'online' | 'offline'; why?: string; rows?: number; columns?: number; slots: DeskSlot[] | null };
  alarms?: DeskAlarm[] | null;
  nodes: DeskNode[] | null;
  calls?: Call[] | null;
  people: Person[] | null;
  faults: Fault[] | null;
}
export interface DeskJob {
  id: string;
  tips: unknown[] | null;
  node: string;
  ticket: string;
  plate: string;
  name?: string;
  phone?: string;
  vin?: string;
  lang: string;
  purpose: string;
  urgency: string;
  owner: string;
  assistance?: boolean;
  phase: Phase;
  word: Word;
  complaint: Complaint;
  marks: string[] | null;
  belongings: string[] | null;
  lines: { id: string; text: string; price: number }[] | null;
  total: number;
  opened: string;
  promised?: string | null;
  bay?: string;
  lead?: string;
  extras: DeskExtra[] | null;
  scans: ScanSummary[] | null;
  slot?: number;
  key_in: boolean;
  key?: DeskKey | null;
  signed_back?: boolean;
  next: string[] | null;
  conflicts: string[] | null;
  wrong?: WrongCar | null;
  compare?: Comparison | null;
  uncertain?: boolean;
  timers?: DeskTimer[] | null;
  seals?: number;
  erased?: 'contact' | 'all';
}
export interface DeskTimer { timer: string; since?: string | null; overdue?: string | null; at_least?: boolean; text?: string }
export interface DeskReceipt { address: string; qr_svg: string; local?: boolean; path: string; verify: string; kind: string; key: string; seen: string[] | null; bytes: number }
export interface ErasureState { job: string; work_erased: boolean; contact_erased: boolean; missing: string[] | null }
export interface History {
  job: string;
  entries: HistoryEntry[];
  conflicts: string[] | null;
  seals: number;
  unsealed: number;
  erased?: 'contact' | 'all';
}
export interface HistoryEntry {
  kind: string;
  origin: string;
  seq: number;
  node: string;
  by?: string;
  who?: string;
  when: { at: string | null; sure: string; from?: string | null; to?: string | null };
  seal: string;
  seen: string[] | null;
  payload: string;
  at_least?: boolean;
}
export interface DeskExtra {
  id: string;
  text: string;
  safety?: boolean;
  state: string;
  price?: number;
  promised?: string | null;
  by: string;
  told?: string;
}
export interface DeskSlot {
  slot: number;
  hook: Hook;
  key: KeyState;
  ticket?: string;
  stale?: boolean;
  alarm?: string;
}
export interface DeskKey { where: '' | 'slot' | 'customer' | 'technician' | 'unknown'; holder?: string; since?: string | null; moves: DeskKeyMove[] | null; other?: string; wish?: DeskWish }
export interface DeskWish { at: string; to: string; slot: number; state: string; why?: string; by: string }
export interface DeskKeyMove { at: string; what: string; word?: string; slot?: number; by?: string; note?: string; leave?: boolean }
export interface DeskAlarm {
  id: string;
  what: string;
  warning?: boolean;
  node: string;
  slot?: number;
  ticket?: string;
  want?: number;
  by?: string;
  of?: string;
  at: string;
  count: number;
  over?: boolean;
  ack_by?: string;
  ack_at?: string | null;
}
export interface Call { id: string; at: string; page: string; ticket?: string }
export interface DeskNode { node: string; role: string; online: boolean; backlog: number }

// Office.

export interface OfficeView {
  shops: { shop: string; edges: OfficeEdge[] | null }[] | null;
  jobs: OfficeJob[] | null;
  vehicles: { id: string; plate: string; vin?: string; jobs: number; scans: number }[] | null;
  faults?: Fault[] | null;
}
export interface OfficeEdge { node: string; role: string; online: boolean; backlog: number; as_of?: string }
export interface OfficeJob {
  shop: string;
  id: string;
  ticket: string;
  plate: string;
  phase: Phase;
  word: Word;
  bay?: string;
  promised?: string | null;
  vehicle?: string;
  node: string;
}
export interface VehicleFile {
  id: string;
  plate: string;
  vin?: string;
  jobs: {
    id: string;
    ticket: string;
    opened: string;
    phase: Phase;
    complaint: Complaint;
    lines: { id: string; text: string; price: number }[] | null;
    scans: ScanSummary[] | null;
  }[] | null;
}
