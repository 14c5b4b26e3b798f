// Example states of every screen, in the form of edge/board's views. Made up.

const at = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();
const plain = (hans, hant, en) => ({ 'zh-Hans': hans, 'zh-Hant': hant, en });
const tips = [];

export const people = [
  { id: 'sa-1', name: '林雅', role: 'SA' }, { id: 'te-1', name: '陈工', role: 'TE' }, { id: 'te-2', name: '黄工', role: 'TE' },
  { id: 'di-1', name: '吴调度', role: 'DI' }, { id: 'in-1', name: '周检', role: 'IN' }, { id: 'ca-1', name: '何账', role: 'CA' },
];

export const codes = [
  { ecu: '7E8', code: 'P0133', status: 'stored', plain: plain('车辆报告：尾气传感器反应偏慢，可能影响油耗和排放。', '車輛回報：排氣感知器反應偏慢，可能影響油耗與排放。', 'The car reports that an exhaust sensor answers slowly; fuel use may be higher.') },
  { ecu: '7E8', code: 'P0301', status: 'pending', plain: plain('车辆报告：第 1 缸可能有缺火。', '車輛回報：第 1 缸可能有失火。', 'The car reports that cylinder 1 likely misfires.') },
  { ecu: '7E9', code: 'U0121', status: 'permanent', plain: plain('车辆报告：曾经联系不上刹车控制单元。', '車輛回報：曾經聯絡不上煞車控制單元。', 'The car reports that it lost contact with the brake unit for a while.') },
];

export const report = {
  adapter: { identity: 'ELM327 v1.5', volts: 12.6, hints: [] },
  protocol: { number: '6', name: 'ISO 15765-4 CAN 11/500' },
  vin: { state: 'ok', value: 'LSVAA4187E2000123' },
  ecus: [
    {
      id: '7E8',
      readiness: {
        state: 'ok', mil: true, count: 2,
        monitors: [
          { name: 'misfire', supported: true, complete: true }, { name: 'fuel_system', supported: true, complete: true },
          { name: 'catalyst', supported: true, complete: false }, { name: 'evap', supported: true, complete: false },
          { name: 'oxygen_sensor', supported: true, complete: true }, { name: 'egr', supported: false, complete: false },
        ],
        groups: [{ group: '01', name: 'components', codes: 3, complete: true }, { group: '07', codes: 1, complete: false }],
      },
      freeze: [
        { frame: 0, code: 'P0133', readings: [{ pid: '0C', name: 'engine_rpm', value: 1726, unit: 'rpm' }, { pid: '05', name: 'coolant_temperature', value: 83, unit: '°C' }] },
        { frame: 0, code: 'P0301', readings: [], raw: '02011234CAFE' },
      ],
      tests: [
        { mid: '01', tid: '80', unit: 'V', value: 0.4, min: 0.1, max: 0.9, passed: true }, { mid: '01', tid: '81', unit: 'V', value: 1.024, min: 0.1, max: 0.9, passed: false },
        { mid: '21', tid: '84', unit: '', value: 0, min: 0, max: 0, passed: false, not_run: true }, { mid: 'A1', tid: '0B', unit: '', value: 0, min: 0, max: 0, passed: false, raw: '0004 0000 FFFF' },
      ],
      info: { state: 'ok', name: 'ECM-EngineControl', calibration_ids: ['06L906026XX'], cvns: ['1791BC82'] },
      readings: [
        { pid: '0C', name: 'engine_rpm', value: 826, unit: 'rpm' }, { pid: '05', name: 'coolant_temperature', value: 88, unit: '°C' },
        { pid: '0D', name: 'vehicle_speed', value: 0, unit: 'km/h' }, { pid: '06', name: 'short_fuel_trim_1', value: 3.90625, unit: '%' },
        { pid: '2F', name: 'fuel_level', value: 61.2, unit: '%' }, { pid: '42', name: 'module_voltage', value: 13.92, unit: 'V' },
      ],
    },
    { id: '7E9', readings: [{ pid: '05', name: 'coolant_temperature', value: 87, unit: '°C' }] },
  ],
  errors: [{ request: '0A', ecu: '7E9', state: 'refused', nrc: '11' }],
  requests: 31, duration_ms: 1480,
};

export const kiosk = { shop: '示范汽修', accepting: true, faults: [] };

export const order = {
  lines: [{ id: 'diagnosis', text: '检测诊断', price: 18000 }, { id: 'repair', text: '按故障系统估价：发动机', price: 62000 }],
  total: 80000,
  promised: at(185),
  text: '进厂维修单\n票号 R-417\n\n1. 检测诊断 ………………… ¥180.00\n2. 按故障系统估价：发动机 … ¥620.00\n合计 ……………………… ¥800.00\n\n预计交车：17:30\n未经您同意，不增加任何项目和费用。\n\n质量保证：维修部位 3 个月或 5,000 公里，以先到者为准。\n旧件归您所有，取车时可以带走。\n\n检测同意：如您同意，技术员将连接车辆诊断接口，读取故障码和数据。不同意也可以维修，但故障原因可能要更久才能找到。',
  text_hash: '',
};

const row = (ticket, plate, word, bay, min, progress, node = 'demo-bay-1', late = false) =>
  ({ ticket, plate, word, bay, promised: min === null ? null : at(min), late, progress, node });

export const board = {
  shop: '示范汽修',
  rows: [
    row('R-417', '粤B·**345', 'in_repair', '1', 55, 60), row('K-208', '', 'waiting', '', 185, 10, 'demo-reception'),
    row('M-033', '粤A·**8K2', 'ready', '2', -5, 100, 'demo-reception'), row('T-590', '京C·**901', 'waiting_answer', '2', 90, 55, 'demo-bay-2', true),
    row('B-771', '港ZV·**1', 'checking', '1', 120, 35), row('C-102', '沪D·**D44', 'waiting_parts', '2', 300, 50, 'demo-bay-2'),
    row('H-645', '粤B·**F77', 'inspection', '', 25, 80, 'demo-reception'), row('W-319', '', 'getting_ready', '', 15, 90, 'demo-reception'),
    row('D-220', '湘E·**202', 'waiting', '', null, 5, 'demo-bay-3'), row('F-808', '粤S·**118', 'waiting', '', 240, 5, 'demo-reception'),
  ],
  faults: [],
};

const side = (id, min, complete, mil) => ({ id, at: at(min), complete, mil });
export const compare = {
  before: side('s0', -95, true, 'on'), after: side('s1', -3, false, 'off'), clear: false,
  codes: [
    { ...codes[1], was: 'no', is: 'yes', change: 'new', before: [], after: ['pending'] },
    { ...codes[2], was: 'yes', is: 'unknown', change: 'unknown', before: ['permanent'], after: [] },
    { ...codes[0], was: 'yes', is: 'no', change: 'gone', before: ['stored'], after: [], untested: true },
  ],
  readiness: [{ ecu: '7E8', name: 'catalyst', before: 'complete', after: 'incomplete' }, { ecu: '7E8', name: 'misfire', before: 'complete', after: 'complete' }],
  readings: [{ ecu: '7E8', pid: '0C', name: 'engine_rpm', unit: 'rpm', before: 826, after: 761.5 }, { ecu: '7E8', pid: '05', name: 'coolant_temperature', unit: '°C', before: 88, after: null }],
};
const earlier = { id: 's0', at: at(-95), state: 'completed', complete: true, codes };
export const bay = {
  bay: '1', node: 'demo-bay-1', people, faults: [],
  next: [{ ticket: 'B-771', plate: '港ZV·8811' }],
  scanner: { state: 'online', identity: 'ELM327 v1.5', volts: 12.6 },
  job: {
    id: 'j1', tips, ticket: 'R-417', plate: '粤B·12345', vin: 'LSVAA4187E2000123', phase: 'received', word: 'checking',
    complaint: { taps: ['engine_light', 'noise'], words: '冷车启动时有异响' }, lead: 'te-1', promised: at(55),
    lines: [{ id: 'a', text: '检测诊断' }, { id: 'b', text: '更换前刹车片' }],
    extras: [
      { id: 'x1', text: '更换前氧传感器', state: 'offered' }, { id: 'x2', text: '刹车油含水超标，更换', safety: true, state: 'approved' },
      { id: 'x3', text: '更换雨刮', state: 'declined' },
    ],
    scans: [earlier, { id: 's1', at: at(-3), state: 'completed', complete: true, codes: [codes[1]] }],
    locked: '', no_scan: '', compare,
  },
  scan: { id: 's1', running: false, step: 'done', done: 31, total: 31, codes, report },
};

// What may come of clearing codes, and how live values look.
const unit = (ecu, outcome, over) => ({ ecu, outcome, gone: [], remain: [], permanent: [], incomplete: 0, ...over });
const cleared = (state, over) => ({ id: `c-${state}`, state, reason: 'repaired', words: '已更换前氧传感器', at: at(-2), units: [], before: codes, after: [], ...over });
export const clears = {
  running: cleared('running', { step: 'proof', done: 14, total: 20 }),
  cleared: cleared('cleared', { units: [unit('7E8', 'cleared', { gone: ['P0133', 'P0301'], permanent: ['P0133'], incomplete: 3 }), unit('7E9', 'cleared', { why: 'seen', gone: ['U0121'] })] }),
  failed: cleared('failed', { why: 'conditions_not_correct', reason: 'other', units: [unit('7E8', 'refused', { why: 'conditions_not_correct', nrc: '22', remain: ['P0133'] }), unit('7E9', 'failed', { why: 'codes_remain', remain: ['U0121'] })] }),
  unknown: cleared('unknown', { why: 'interrupted', reason: 'test', words: '', units: [unit('7E8', 'unknown', { why: 'not_read' })] }),
  refused: cleared('', { id: 'c-refused', error: { kind: 'engine_running', message: 'the engine is running', hint: 'switch it off' } }),
};
const value = (ecu, pid, name, v, u, seconds = 0) => ({ ecu, pid, name, value: v, unit: u, at: at(-seconds / 60) });
export const live = {
  bay: '1', on: true, job: 'j1', until: at(10),
  offered: [
    { ecu: '7E8', pid: '0C', name: 'engine_rpm', unit: 'rpm', read: true }, { ecu: '7E9', pid: '0C', name: 'engine_rpm', unit: 'rpm', read: true },
    { ecu: '7E8', pid: '05', name: 'engine_coolant_temperature', unit: '°C', read: true }, { ecu: '7E8', pid: '0D', name: 'vehicle_speed', unit: 'km/h', read: false },
    { ecu: '7E8', pid: '03', name: 'fuel_system_1_status', read: true },
  ],
  values: [value('7E8', '0C', 'engine_rpm', 826, 'rpm'), value('7E9', '0C', 'engine_rpm', 824.5, 'rpm', 40), value('7E8', '05', 'engine_coolant_temperature', 88, '°C'), value('7E8', '03', 'fuel_system_1_status', 'closed_loop', '')],
};

const job = (over) => ({
  id: 'j1', tips, node: 'demo-reception', ticket: 'R-417', plate: '粤B·12345', name: '', phone: '138 0000 1234', vin: 'LSVAA4187E2000123',
  lang: 'zh-Hans', purpose: 'repair', urgency: 'normal', owner: 'sa-1', phase: 'handed_over', word: 'waiting',
  complaint: { taps: ['engine_light'], words: '' }, marks: ['front:scratch'], belongings: ['tools'],
  lines: [{ id: 'a', text: '检测诊断', price: 18000 }, { id: 'b', text: '更换前刹车片', price: 62000 }], total: 80000,
  opened: at(-62), promised: at(55), extras: [], scans: [], slot: 4, key_in: true, next: ['assign'], conflicts: [], ...over,
  key: over.key ?? { where: over.key_in === false ? '' : 'slot', since: at(-60), moves: [
    { at: at(-61), what: 'slot.unlock_intended', word: 'hang', slot: 4, by: 'kiosk' }, { at: at(-60), what: 'key.hung', word: 'hang', slot: 4, by: 'kiosk' },
    { at: at(-40), what: 'key.taken', word: 'work', slot: 4, by: 'te-1', leave: true }, { at: at(-30), what: 'warning.raised', word: 'returned_by_other', slot: 4, by: 'te-2' },
  ] },
});

export const desk = {
  shop: '示范汽修', node: 'demo-reception', people, faults: [],
  jobs: [
    job({}), job({ id: 'j2', ticket: 'T-590', plate: '京C·55901', phase: 'waiting_answer', word: 'waiting_answer', bay: '2', lead: 'te-2', node: 'demo-bay-2', assistance: true,
      next: ['offer', 'answer'], scans: [earlier], extras: [
        { id: 'x1', text: '更换前氧传感器', state: 'raised', by: 'te-2' },
        { id: 'x2', text: '刹车油含水超标，更换', safety: true, state: 'offered', price: 26000, promised: at(150), by: 'te-2' }] }),
    job({ id: 'j3', timers: [{ timer: 'inspector_call', since: at(-3) }, { timer: 'progress_check', since: at(-40), overdue: at(-20), at_least: true }], ticket: 'H-645', plate: '粤B·88F77', phase: 'done', word: 'inspection', bay: '1', lead: 'te-1', next: ['inspect'], promised: at(-12), compare: { ...compare, readings: undefined }, scans: [earlier, { ...earlier, id: 's9', at: at(-10), codes: [] }] }),
    job({ id: 'j4', ticket: 'W-319', plate: '粤B·33W19', phase: 'passed', word: 'getting_ready', next: ['prepare'] }),
    job({ id: 'j5', ticket: 'M-033', plate: '粤A·778K2', phase: 'settled', word: 'ready', next: ['gatepass'], promised: at(-5) }),
    job({ id: 'j6', ticket: 'K-208', plate: '', phase: 'arrived', word: 'waiting', next: [], slot: 0, key_in: false, uncertain: true, conflicts: ['plate_differs'] }),
    job({ id: 'j7', key_in: false, key: { where: 'technician', holder: 'te-2', since: at(-12), moves: [] }, ticket: 'C-102', plate: '沪D·12D44', phase: 'in_repair', word: 'in_repair', bay: '2', lead: 'te-2', node: 'demo-bay-2', next: [] }),
    job({ id: 'j9', ticket: 'S-777', plate: '粤B·77S77', phase: 'left', word: 'ready', next: [], key_in: false, slot: 0, seals: 2 }),
    job({ id: 'j10', ticket: '', plate: '', phase: 'left', word: 'ready', next: [], key_in: false, slot: 0, erased: 'all', lines: [], marks: [], belongings: [], phone: '', complaint: { taps: [], words: '' } }),
    job({ id: 'j8', ticket: 'F-808', plate: '粤S·66118', phase: 'prepared', word: 'getting_ready', next: ['notify', 'settle'] }),
  ],
  bays: [{ bay: '1', node: 'demo-bay-1', ticket: 'H-645' }, { bay: '2', node: 'demo-bay-2', ticket: 'C-102' }],
  alarms: [
    { id: 'a1', what: 'key_taken', node: 'demo-reception', slot: 12, ticket: 'C-102', at: at(-2), count: 1 },
    { id: 'a2', what: 'door_left_open', node: 'demo-reception', slot: 7, at: at(-9), count: 3, over: true },
    { id: 'a3', what: 'wrong_slot', warning: true, node: 'demo-reception', slot: 5, want: 4, at: at(-1), count: 1 },
    { id: 'a4', what: 'overdue', warning: true, node: 'demo-reception', slot: 9, ticket: 'T-590', by: 'te-2', at: at(-30), count: 1, ack_by: 'sa-1', ack_at: at(-20) },
  ],
  cabinet: {
    state: 'online', rows: 4, columns: 4,
    slots: Array.from({ length: 16 }, (_, i) => ({ slot: i + 1, hook: i === 6 ? 'open' : i === 9 ? 'unknown' : 'closed', key: i === 3 || i === 7 ? 'present' : i === 9 ? 'unknown' : 'absent', ticket: i === 3 ? 'R-417' : i === 7 ? 'M-033' : '', stale: i === 12, alarm: i === 6 ? 'door_left_open' : '' })),
  },
  nodes: [{ node: 'demo-reception', role: 'reception', online: true, backlog: 0 }, { node: 'demo-bay-1', role: 'bay', online: true, backlog: 0 }, { node: 'demo-bay-2', role: 'bay', online: false, backlog: 12 }, { node: 'demo-central', role: 'central', online: true, backlog: 3 }],
};

export const office = {
  shops: [{ shop: 'demo', edges: desk.nodes.slice(0, 3).map((n, i) => ({ ...n, as_of: at(-i * 40) })) }],
  jobs: desk.jobs.map((j, i) => ({ shop: 'demo', id: j.id, ticket: j.ticket, plate: j.plate, phase: j.phase, word: j.word, bay: j.bay, promised: j.promised, vehicle: i < 3 ? `v${i}` : undefined, node: j.node })),
  vehicles: [{ id: 'v0', plate: '粤B·12345', vin: 'LSVAA4187E2000123', jobs: 2, scans: 3 }, { id: 'v1', plate: '京C·55901', vin: '', jobs: 1, scans: 1 }],
};

export const vehicle = {
  id: 'v0', plate: '粤B·12345', vin: 'LSVAA4187E2000123',
  jobs: [{ id: 'j1', ticket: 'R-417', opened: at(-62), phase: 'received', complaint: { taps: ['engine_light'], words: '冷车启动时有异响' }, lines: desk.jobs[0].lines, scans: bay.job.scans },
    { id: 'j0', ticket: 'A-110', opened: at(-86400), phase: 'left', complaint: { taps: [], words: '' }, lines: [], scans: [] }],
};

export const pickup = {
  job: 'j5', ticket: 'M-033', ready: true, why: '', lines: desk.jobs[0].lines, total: 80000, codes_before: codes, codes_after: [],
  changes: { complete: true, clear: false, codes: compare.codes },
};

// Who was heard of when, per screen: one bay is 40 s old, one four minutes.
export function asOf() {
  const ago = (s) => new Date(Date.now() - s * 1000).toISOString();
  return { 'demo-reception': ago(0), 'demo-bay-1': ago(0), 'demo-bay-2': ago(40), 'demo-bay-3': ago(240), demo: ago(0) };
}

const entry = (seq, kind, over = {}) => ({
  kind, origin: 'demo-reception/0', seq, node: 'demo-reception', who: 'person', when: { at: at(-60 + seq), sure: 'sure' }, seal: 'listed', seen: ['demo-bay-1', 'demo-central'], payload: 'whole', ...over,
});

// Every certainty, proof and state of a payload that there is.
export const history = {
  job: 'j9', conflicts: ['two_bays'], seals: 2, unsealed: 1,
  entries: [
    entry(1, 'job.opened', { who: 'customer', payload: 'no_contact' }), entry(2, 'order.signed', { who: 'customer', payload: 'contact_erased' }), entry(3, 'slot.unlock_intended', { by: 'kiosk' }),
    entry(4, 'bay.assigned', { by: 'sa-1' }), entry(5, 'scan.completed', { node: 'demo-bay-1', who: 'device', when: { at: at(-50), sure: 'battery' }, seen: [] }),
    entry(6, 'work.started', { node: 'demo-bay-2', by: 'te-2', when: { at: at(-49), sure: 'between', from: at(-50), to: at(-40) } }), entry(7, 'work.finished', { node: 'demo-bay-2', by: 'te-2', when: { at: at(-40), sure: 'after', from: at(-41) } }),
    entry(8, 'timer.due', { who: 'program', at_least: true, when: { at: null, sure: 'unknown' } }), entry(9, 'job.sealed', { who: 'program', seal: 'seal' }), entry(10, 'tea.drunk', { who: '', seal: 'open', seen: [], payload: 'locked' }),
  ],
};
export const erasedHistory = { job: 'j10', conflicts: [], seals: 1, unsealed: 0, erased: 'all', entries: history.entries.slice(0, 4).map((e) => ({ ...e, payload: 'erased', seal: 'unknown' })) };
export const receipt = {
  address: 'https://receipts.example/receipt/0123456789abcdef0123456789abcdef', path: '/receipt/0123456789abcdef0123456789abcdef', verify: 'https://receipts.example/verify', kind: 'job.amended',
  key: 'demo+8a6f35c1+AXxE2mM0b4pV7W1yVq3y0v1r8c6o5y2Tt0y3o1Qm4p7Q', seen: ['demo-bay-1', 'demo-central'], bytes: 6120,
};
