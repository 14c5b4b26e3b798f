// The eight public words and what every screen says about age.

import type { Lang, Word } from './types';

export const publicWords: Record<Lang, Record<Word, string>> = {
  'zh-Hans': {
    waiting: '等待中', checking: '检测中', waiting_answer: '等您答复', in_repair: '维修中',
    waiting_parts: '等待配件', inspection: '质量检验', getting_ready: '交车准备', ready: '可以取车',
  },
  'zh-Hant': {
    waiting: '等候中', checking: '檢測中', waiting_answer: '等您答覆', in_repair: '維修中',
    waiting_parts: '等候零件', inspection: '品質檢驗', getting_ready: '交車準備', ready: '可以取車',
  },
  en: {
    waiting: 'waiting', checking: 'checking', waiting_answer: 'waiting for your answer', in_repair: 'in repair',
    waiting_parts: 'waiting for parts', inspection: 'inspection', getting_ready: 'getting ready', ready: 'ready',
  },
};

/** Icons of the words, as paths in a 24×24 box, drawn with a stroke. */
export const wordIcons: Record<Word, string> = {
  waiting: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3.5 2',
  checking: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 21 21',
  waiting_answer: 'M4 5h16v11H11l-5 4v-4H4zM9.8 9a2.2 2.2 0 1 1 2.6 2.2v1',
  in_repair: 'M14.5 6.5a4 4 0 0 1 5-3l-2.6 2.6 1 2 2 1L22.5 6.5a4 4 0 0 1-5.4 4.9L8 20.5a2 2 0 0 1-3-3l9.3-9a4 4 0 0 1 .2-2',
  waiting_parts: 'M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8',
  inspection: 'M6 4h12v17H6zM9 3h6v3H9zM9 13l2.2 2.2L15.5 11',
  getting_ready: 'M12 3v3M12 18v3M3 12h3M18 12h3M6 6l2 2M16 16l2 2M18 6l-2 2M8 16l-2 2M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5',
  ready: 'M4 12.5l5.5 5.5L20.5 6.5',
};

export const ageWords: Record<Lang, { asOf: string; ask: string; stale: string; connecting: string }> = {
  'zh-Hans': { asOf: '截至 {time}', ask: '请到前台询问', stale: '画面暂停更新，以下为 {time} 的情况', connecting: '正在连接…' },
  'zh-Hant': { asOf: '截至 {time}', ask: '請向櫃檯查詢', stale: '畫面暫停更新，以下為 {time} 的情況', connecting: '連線中…' },
  en: { asOf: 'as of {time}', ask: 'please ask at the desk', stale: 'Not updating: this was true at {time}', connecting: 'Connecting…' },
};
