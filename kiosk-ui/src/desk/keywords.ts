// What the desk says of keys and their cabinet.

import type { Tables } from '../shared/i18n';

const hans = {
  alarms: '钥匙柜报警与提示', slotN: '{slot} 号格', wall: '整个钥匙柜', seen: '我已查看', seenBy: '{who} {time} 已查看', over: '现在已恢复', times: '{n} 次', meant: '应挂 {slot} 号格', from: '取走的是 {who}', hand: '在 {who} 手中',
  a_key_taken: '未经允许取走钥匙', a_key_missing: '钥匙不见了', a_key_unasked: '不知是谁的钥匙', a_forced: '门被撬开或用机械钥匙打开', a_door_left_open: '门没有关', a_unlock_failed: '门没有弹开', a_outcome_unknown: '不知道门有没有打开，请去看一下',
  a_wrong_slot: '钥匙挂错了格', a_unknown_tag: '不认识的钥匙牌', a_returned_by_other: '由别人归还', a_sensor_stuck: '感应器没有变化', a_flapping: '感应器跳动，此格情况未知', a_address_conflict: '两块锁板地址相同', a_board_silent: '一块锁板没有回应', a_noise: '线路有干扰', a_not_commissioned: '钥匙柜还没有调试，不会开门', a_overdue: '钥匙逾时未还', a_echo: '线路有回声', a_rebooted: '锁板曾断电，请检查电源', a_energised: '电磁锁可能一直通电，请断电', a_reader_lost: '读牌器断开',
  why_missing: '找不到钥匙柜的接口，请检查接线。', why_unplugged: '接线断开了。', why_busy: '接口被别的程序占用。', why_port: '接口打不开。', why_silent: '锁板没有回应，请检查电源与接线。', why_noise: '线路上只有杂音，请检查接线与速率。', why_refused: '模块拒绝读取，请检查格数设置。',
  where_: '还没有见到', where_slot: '在 {slot} 号格', where_customer: '在客户手中', where_technician: '在 {who} 手中', where_unknown: '下落不明', since: '{time} 起',
  take: '取钥匙用车', bring: '归还钥匙', why: '做什么用？', whyOpen: '为什么打开？', openSlot: '打开 {slot} 号格', history: '钥匙记录', pickSlot: '选一格查看；可用方向键移动。', kept: '为 {ticket} 留着', opened: '{slot} 号格已要求打开',
  m_key_hung: '挂入 {slot} 号格', m_key_taken: '从 {slot} 号格取走', m_key_stolen: '未经允许从 {slot} 号格取走', m_slot_unlock_intended: '要求打开 {slot} 号格', m_slot_unlock_failed: '{slot} 号格没有打开', m_slot_outcome_unknown: '{slot} 号格是否打开不明', m_alarm_raised: '报警', m_alarm_acknowledged: '已查看', m_warning_raised: '提示', m_pickup_refused: '取车码错误',
  p_hang: '入柜', p_release: '交还客户', p_work: '用车', p_return: '归还', p_kiosk: '自助机',
  other: '钥匙在 {node} 的钥匙柜里：打开由那边决定', w_waiting: '已向 {node} 请求打开 {slot} 号格，等待答复', w_opening: '{node} 已同意，{slot} 号格正在打开', w_opened: '{node} 已打开 {slot} 号格', w_refused: '{node} 没有打开 {slot} 号格：{why}', w_failed: '{node} 的 {slot} 号格没有弹开', w_unknown: '{node} 的 {slot} 号格是否打开不明，请去看一下', y_wish_stale: '请求到得太晚，请再提一次', y_wish_reboot: '那台电脑重新启动过，请再提一次', y_other_slot: '钥匙已不在那一格', y_unknown_person: '那边不认识这位员工', y_no_reason: '没有写原因', y_no_gatepass: '还没有出厂通知单', y_key_not_in: '钥匙不在柜内', y_cabinet: '钥匙柜连不上', y_busy: '此格正在打开', y_closed: '这次服务已结束',
};

export type KeyWord = keyof typeof hans;

const hant: Record<KeyWord, string> = {
  alarms: '鑰匙櫃警報與提示', slotN: '{slot} 號格', wall: '整個鑰匙櫃', seen: '我已查看', seenBy: '{who} {time} 已查看', over: '現已恢復', times: '{n} 次', meant: '應掛 {slot} 號格', from: '取走的是 {who}', hand: '在 {who} 手中',
  a_key_taken: '未經允許取走鑰匙', a_key_missing: '鑰匙不見了', a_key_unasked: '不知是誰的鑰匙', a_forced: '門遭撬開或以機械鑰匙打開', a_door_left_open: '門沒有關', a_unlock_failed: '門沒有彈開', a_outcome_unknown: '不知道門有沒有打開，請去看一下',
  a_wrong_slot: '鑰匙掛錯了格', a_unknown_tag: '不認得的鑰匙牌', a_returned_by_other: '由別人歸還', a_sensor_stuck: '感應器沒有變化', a_flapping: '感應器跳動，此格情況不明', a_address_conflict: '兩塊鎖板位址相同', a_board_silent: '一塊鎖板沒有回應', a_noise: '線路有干擾', a_not_commissioned: '鑰匙櫃尚未調校，不會開門', a_overdue: '鑰匙逾時未還', a_echo: '線路有回聲', a_rebooted: '鎖板曾斷電，請檢查電源', a_energised: '電磁鎖可能一直通電，請斷電', a_reader_lost: '讀牌器斷開',
  why_missing: '找不到鑰匙櫃的連接埠，請檢查接線。', why_unplugged: '接線已斷開。', why_busy: '連接埠被別的程式佔用。', why_port: '連接埠打不開。', why_silent: '鎖板沒有回應，請檢查電源與接線。', why_noise: '線路上只有雜訊，請檢查接線與速率。', why_refused: '模組拒絕讀取，請檢查格數設定。',
  where_: '尚未見到', where_slot: '在 {slot} 號格', where_customer: '在客戶手中', where_technician: '在 {who} 手中', where_unknown: '下落不明', since: '{time} 起',
  take: '取鑰匙用車', bring: '歸還鑰匙', why: '做甚麼用？', whyOpen: '為甚麼打開？', openSlot: '打開 {slot} 號格', history: '鑰匙紀錄', pickSlot: '選一格查看；可用方向鍵移動。', kept: '為 {ticket} 留著', opened: '{slot} 號格已要求打開',
  m_key_hung: '掛入 {slot} 號格', m_key_taken: '從 {slot} 號格取走', m_key_stolen: '未經允許從 {slot} 號格取走', m_slot_unlock_intended: '要求打開 {slot} 號格', m_slot_unlock_failed: '{slot} 號格沒有打開', m_slot_outcome_unknown: '{slot} 號格是否打開不明', m_alarm_raised: '警報', m_alarm_acknowledged: '已查看', m_warning_raised: '提示', m_pickup_refused: '取車碼不符',
  p_hang: '入櫃', p_release: '交還客戶', p_work: '用車', p_return: '歸還', p_kiosk: '自助機',
  other: '鑰匙在 {node} 的鑰匙櫃裡：打開由那邊決定', w_waiting: '已向 {node} 請求打開 {slot} 號格，等待答覆', w_opening: '{node} 已同意，{slot} 號格正在打開', w_opened: '{node} 已打開 {slot} 號格', w_refused: '{node} 沒有打開 {slot} 號格：{why}', w_failed: '{node} 的 {slot} 號格沒有彈開', w_unknown: '{node} 的 {slot} 號格是否打開不明，請去看一下', y_wish_stale: '請求到得太晚，請再提一次', y_wish_reboot: '那台電腦重新啟動過，請再提一次', y_other_slot: '鑰匙已不在那一格', y_unknown_person: '那邊不認得這位員工', y_no_reason: '沒有寫原因', y_no_gatepass: '尚未有出廠通知單', y_key_not_in: '鑰匙不在櫃內', y_cabinet: '鑰匙櫃連不上', y_busy: '此格正在打開', y_closed: '這次服務已結束',
};

const en: Record<KeyWord, string> = {
  alarms: 'Alarms and warnings of the key cabinet', slotN: 'Slot {slot}', wall: 'Whole cabinet', seen: 'I have looked', seenBy: '{who} looked at {time}', over: 'over now', times: '{n} times', meant: 'meant for slot {slot}', from: 'taken by {who}', hand: 'in the hand of {who}',
  a_key_taken: 'Key taken without leave', a_key_missing: 'Key is gone', a_key_unasked: 'A key of nobody', a_forced: 'Door forced, or opened with its mechanical key', a_door_left_open: 'Door left open', a_unlock_failed: 'The door did not open', a_outcome_unknown: 'Not known whether it opened: please go and look',
  a_wrong_slot: 'Key hung in the wrong slot', a_unknown_tag: 'Unknown key tag', a_returned_by_other: 'Brought back by another person', a_sensor_stuck: 'The sensor never changes', a_flapping: 'The sensor flaps: this slot is unknown', a_address_conflict: 'Two lock boards have one address', a_board_silent: 'A lock board does not answer', a_noise: 'The line is disturbed', a_not_commissioned: 'The cabinet is not commissioned: nothing opens', a_overdue: 'Key overdue', a_echo: 'The line echoes', a_rebooted: 'A lock board lost its power for a moment', a_energised: 'A lock may stay driven: cut its power', a_reader_lost: 'A tag reader is gone',
  why_missing: 'Its line is not there: look at the cable.', why_unplugged: 'Its line was pulled out.', why_busy: 'Another program has its line.', why_port: 'Its line cannot be opened.', why_silent: 'No lock board answers: look at power and wires.', why_noise: 'Nothing but noise on the line: look at wires and speed.', why_refused: 'The module refuses to be read: look at the number of slots.',
  where_: 'not seen yet', where_slot: 'in slot {slot}', where_customer: 'with the customer', where_technician: 'with {who}', where_unknown: 'nobody knows where', since: 'since {time}',
  take: 'Take the key for work', bring: 'Bring the key back', why: 'What for?', whyOpen: 'Why open it?', openSlot: 'Open slot {slot}', history: 'History of the key', pickSlot: 'Choose a slot to look at; the arrow keys move.', kept: 'kept for {ticket}', opened: 'slot {slot} was asked to open',
  m_key_hung: 'hung in slot {slot}', m_key_taken: 'taken from slot {slot}', m_key_stolen: 'taken from slot {slot} without leave', m_slot_unlock_intended: 'slot {slot} asked to open', m_slot_unlock_failed: 'slot {slot} did not open', m_slot_outcome_unknown: 'not known whether slot {slot} opened', m_alarm_raised: 'alarm', m_alarm_acknowledged: 'somebody has looked', m_warning_raised: 'warning', m_pickup_refused: 'wrong pick-up code',
  p_hang: 'to hang it', p_release: 'for the customer', p_work: 'for work', p_return: 'brought back', p_kiosk: 'kiosk',
  other: 'The key hangs in the cabinet of {node}: that edge decides', w_waiting: '{node} was asked to open slot {slot}: waiting for its answer', w_opening: '{node} agrees, slot {slot} is opening', w_opened: '{node} has opened slot {slot}', w_refused: '{node} did not open slot {slot}: {why}', w_failed: 'slot {slot} of {node} did not open', w_unknown: 'not known whether slot {slot} of {node} opened: please go and look', y_wish_stale: 'the wish came too late, please ask again', y_wish_reboot: 'that computer was started anew, please ask again', y_other_slot: 'the key is not there any more', y_unknown_person: 'that edge does not know this person', y_no_reason: 'there is no reason', y_no_gatepass: 'no gate pass yet', y_key_not_in: 'the key is not in the cabinet', y_cabinet: 'the cabinet cannot be reached', y_busy: 'the slot is just being opened', y_closed: 'the visit is over',
};

export const keyWords: Tables<KeyWord> = { 'zh-Hans': hans, 'zh-Hant': hant, en };
