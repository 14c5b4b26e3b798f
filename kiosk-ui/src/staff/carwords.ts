// What is said of two scans side by side, and of a car that may not be the job's.

import type { Tables } from '../shared/i18n';

const hans = {
  wrongAsk: '这辆车可能不是工单上的车', booked: '工单登记', found: '现在读到', bookedNone: '未登记',
  wrong: '不是这辆车', wrongHint: '把这辆车开出去，正确的车开进来后重新接车。这次扫描的内容不会使用。',
  same: '就是这辆车', sameAsk: '为什么车架号不同？', sameUnit: '更换了控制单元', sameWritten: '控制单元重新写过', sameChecked: '已核对车身铭牌和行驶证',
  earlier: '之前扫描的是别的车', earlierAsk: '怎么知道之前的不对？', earlierPlugged: '之前插在别的车上', earlierMoved: '之前工位上停的是别的车',
  locked: '在有人确认之前，不能开始维修，也不能清码。', otherCar: '别的车，不使用',
  lampOn: '亮', lampOff: '不亮', lampUnknown: '未知', lamp: '故障灯', partBefore: '之前那次没有读全', partAfter: '最近这次没有读全：没有读到的不等于消失',
  c_gone: '已消失', c_still: '仍在', c_new: '新出现', c_unknown: '不能确定', c_there: '现在有，之前没读到', c_untested: '已消失，监测还没有跑完，可能再出现', c_permanent: '只剩永久码，监测通过后自行消失',
  clear: '读全了，没有故障码', m_complete: '完成', m_incomplete: '未完成', m_unsupported: '不支持', m_unknown: '未知', monitors: '就绪状态', values: '数据',
};
export type CarKey = keyof typeof hans;

const hant: Record<CarKey, string> = {
  wrongAsk: '這輛車可能不是工單上的車', booked: '工單登記', found: '現在讀到', bookedNone: '未登記',
  wrong: '不是這輛車', wrongHint: '把這輛車開出去，正確的車開進來後重新接車。這次掃描的內容不會使用。',
  same: '就是這輛車', sameAsk: '為甚麼車身號碼不同？', sameUnit: '更換了控制模組', sameWritten: '控制模組重新寫過', sameChecked: '已核對車身銘牌和行照',
  earlier: '之前掃描的是別的車', earlierAsk: '怎麼知道之前的不對？', earlierPlugged: '之前插在別的車上', earlierMoved: '之前工位上停的是別的車',
  locked: '在有人確認之前，不能開始維修，也不能清碼。', otherCar: '別的車，不使用',
  lampOn: '亮', lampOff: '不亮', lampUnknown: '未知', lamp: '故障燈', partBefore: '之前那次沒有讀全', partAfter: '最近這次沒有讀全：沒有讀到的不等於消失',
  c_gone: '已消失', c_still: '仍在', c_new: '新出現', c_unknown: '不能確定', c_there: '現在有，之前沒讀到', c_untested: '已消失，監測尚未跑完，可能再出現', c_permanent: '只剩永久碼，監測通過後自行消失',
  clear: '讀全了，沒有故障碼', m_complete: '完成', m_incomplete: '未完成', m_unsupported: '不支援', m_unknown: '未知', monitors: '就緒狀態', values: '數據',
};

const en: Record<CarKey, string> = {
  wrongAsk: 'This may not be the job’s car', booked: 'On the job', found: 'Read now', bookedNone: 'none yet',
  wrong: 'Wrong car', wrongHint: 'Take it out, bring the right one in and receive it anew. Nothing of this scan is used.',
  same: 'It is the right car', sameAsk: 'Why is the VIN different?', sameUnit: 'Control unit exchanged', sameWritten: 'Control unit programmed', sameChecked: 'Checked against plate and papers',
  earlier: 'The scans before were of another car', earlierAsk: 'How do you know?', earlierPlugged: 'It was plugged into another car', earlierMoved: 'Another car stood in the bay',
  locked: 'Until somebody has decided, work cannot start and codes cannot be cleared.', otherCar: 'another car, not used',
  lampOn: 'on', lampOff: 'off', lampUnknown: 'not known', lamp: 'Warning light', partBefore: 'The first scan is incomplete', partAfter: 'The newest scan is incomplete: what was not read is not gone',
  c_gone: 'gone', c_still: 'still there', c_new: 'new', c_unknown: 'not known', c_there: 'there now, not read before', c_untested: 'gone; its monitors have not run yet, it may come back', c_permanent: 'permanent only: goes by itself once its monitor passes',
  clear: 'All units read, no codes', m_complete: 'complete', m_incomplete: 'not complete', m_unsupported: 'not supported', m_unknown: 'not known', monitors: 'Readiness', values: 'Values',
};

export const carWords: Tables<CarKey> = { 'zh-Hans': hans, 'zh-Hant': hant, en };
