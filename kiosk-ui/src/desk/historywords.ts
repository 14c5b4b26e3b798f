// What the desk says of a visit's history, its receipt and the shop's limits.

import type { Tables } from '../shared/i18n';

const hans = {
  history: '全部记录', entries: '{n} 条', none: '没有可显示的记录。', failed: '读取不了，请再试一次。', again: '再试', loading: '正在读取…',
  erasedAll: '此次到店的资料已按要求删除；发生过什么、何时发生，仍可核对。', erasedContact: '姓名、电话和签名已按要求删除。', conflicts: '记录互相矛盾',
  sealedN: '已封存；{n} 条尚未列入', sealedAll: '已封存，全部列入', notSealed: '尚未封存（交车后封存）',
  customer: '客户', device: '设备', person: '员工', program: '系统', kiosk: '自助机', by_: '–',
  sure: '时间准确', set: '开机后校准过一次', battery: '由电池时钟维持', between: '{from} 至 {to} 之间', after: '不早于 {from}', before: '不晚于 {to}', unknown: '时间不明', atLeast: '至少这么久',
  seal_listed: '已封存', seal_open: '未封存', seal_seal: '封存', seal_unknown: '封存内容已读不到', seen: '{n} 个节点见证', seenBy: '见证节点：{who}', unseen: '尚无见证',
  pl_no_contact: '联系资料不在这里', pl_locked: '内容不在这里', pl_contact_erased: '联系资料已删除', pl_erased: '内容已删除',
  receipt: '客户凭证', scanIt: '请客户用手机扫描，可下载凭证；只要本店还保存此次到店的记录，此地址就有效。', local: '此地址只在这台电脑上有效，手机打不开：请在 [http] 中设置 public。', address: '地址', shopKey: '店铺公钥', witnesses: '见证', nobody: '还没有其他节点见证，稍后再看', download: '下载凭证', check: '核对凭证', print: '打印', amendedKind: '封存后有补充', qr: '凭证的二维码',
  gone: '已交车', goneNone: '最近一天没有已交的车。', goneSince: '最近一天', limits: '到时限的事', due: '{time} 到时', overdue: '{time} 已逾时',
  t_extra_to_customer: '增项待告知客户', t_answer_to_bay: '客户答复待告知工位', t_inspector_call: '请质检员验车', t_progress_check: '查看进度', t_notice: '交车前告知客户', t_request_answer: '48 小时内答复', t_request_handled: '72 小时内诊断处理',
  k_job_opened: '登记到店', k_job_inspected: '环车检查', k_job_belongings: '登记车内物品', k_order_offered: '出示委托单', k_job_consented: '是否同意读取车辆', k_order_signed: '客户签委托单', k_order_declined: '客户不同意', k_job_handed_over: '交付车辆与钥匙',
  k_slot_unlock_intended: '要求打开钥匙格', k_slot_wished: '请另一台打开钥匙格', k_wish_refused: '请求未获同意', k_slot_opened: '钥匙格已打开', k_slot_closed: '钥匙格已关上', k_slot_unlock_failed: '钥匙格没有打开', k_slot_outcome_unknown: '钥匙格是否打开不明', k_key_hung: '钥匙挂入', k_key_taken: '钥匙取走', k_cabinet_online: '钥匙柜已连接', k_cabinet_offline: '钥匙柜断开', k_cabinet_forced: '钥匙柜被撬开', k_cabinet_flapping: '感应器跳动', k_cabinet_commissioned: '钥匙柜已调试', k_tag_bound: '钥匙牌已对应',
  k_alarm_raised: '报警', k_alarm_acknowledged: '有人查看了报警', k_alarm_cleared: '报警解除', k_warning_raised: '提示', k_warning_cleared: '提示解除', k_pickup_bound: '取车码绑定', k_pickup_refused: '取车码错误',
  k_bay_assigned: '派往工位', k_car_received: '工位接车', k_scan_started: '开始检测', k_scan_part: '检测结果（续）', k_scan_completed: '检测完成', k_scan_failed: '检测未完成', k_scan_recorded: '原始记录已保存', k_car_mismatched: '工位上的车不符', k_car_mismatch_decided: '已判定是哪辆车',
  k_codes_clear_intended: '要求清除故障码', k_codes_cleared: '故障码已清除', k_codes_clear_failed: '故障码没有清除', k_codes_clear_unknown: '故障码是否清除不明',
  k_work_started: '开始施工', k_work_paused: '暂停施工', k_work_resumed: '继续施工', k_work_finished: '施工完成', k_part_awaited: '等待配件', k_part_arrived: '配件到货', k_extra_raised: '提出增项', k_extra_offered: '增项报价', k_extra_approved: '客户同意增项', k_extra_declined: '客户不同意增项',
  k_inspection_passed: '质检合格', k_inspection_failed: '质检不合格', k_car_prepared: '交车准备完成', k_ready_notified: '已告知客户', k_bill_stated: '开出账单', k_bill_settled: '结清账单', k_gatepass_issued: '开出放行条', k_handback_signed: '客户签收', k_car_handed_back: '车辆已交还', k_job_rated: '客户评分',
  k_job_sealed: '记录封存', k_job_amended: '封存补充', k_job_merged: '记录合并', k_timer_due: '时限到', k_timer_overdue: '时限已过', k_subject_erased: '要求删除资料', k_subject_contact_erased: '要求删除联系资料',
};

export type HistoryWord = keyof typeof hans;

const hant: Record<HistoryWord, string> = {
  history: '全部紀錄', entries: '{n} 條', none: '沒有可顯示的紀錄。', failed: '讀取不了，請再試一次。', again: '再試', loading: '正在讀取…',
  erasedAll: '此次到店的資料已按要求刪除；發生過甚麼、何時發生，仍可核對。', erasedContact: '姓名、電話和簽名已按要求刪除。', conflicts: '紀錄互相矛盾',
  sealedN: '已封存；{n} 條尚未列入', sealedAll: '已封存，全部列入', notSealed: '尚未封存（交車後封存）',
  customer: '客戶', device: '裝置', person: '員工', program: '系統', kiosk: '自助機', by_: '–',
  sure: '時間準確', set: '開機後校準過一次', battery: '由電池時鐘維持', between: '{from} 至 {to} 之間', after: '不早於 {from}', before: '不晚於 {to}', unknown: '時間不明', atLeast: '至少這麼久',
  seal_listed: '已封存', seal_open: '未封存', seal_seal: '封存', seal_unknown: '封存內容已讀不到', seen: '{n} 個節點見證', seenBy: '見證節點：{who}', unseen: '尚無見證',
  pl_no_contact: '聯絡資料不在這裡', pl_locked: '內容不在這裡', pl_contact_erased: '聯絡資料已刪除', pl_erased: '內容已刪除',
  receipt: '客戶憑證', scanIt: '請客戶用手機掃描，可下載憑證；只要本店仍保存此次到店的紀錄，此位址就有效。', local: '此位址只在這台電腦上有效，手機打不開：請在 [http] 中設定 public。', address: '位址', shopKey: '店鋪公鑰', witnesses: '見證', nobody: '還沒有其他節點見證，稍後再看', download: '下載憑證', check: '核對憑證', print: '列印', amendedKind: '封存後有補充', qr: '憑證的二維碼',
  gone: '已交車', goneNone: '最近一天沒有已交的車。', goneSince: '最近一天', limits: '到時限的事', due: '{time} 到時', overdue: '{time} 已逾時',
  t_extra_to_customer: '增項待告知客戶', t_answer_to_bay: '客戶答覆待告知工位', t_inspector_call: '請質檢員驗車', t_progress_check: '查看進度', t_notice: '交車前告知客戶', t_request_answer: '48 小時內答覆', t_request_handled: '72 小時內診斷處理',
  k_job_opened: '登記到店', k_job_inspected: '環車檢查', k_job_belongings: '登記車內物品', k_order_offered: '出示委託書', k_job_consented: '是否同意讀取車輛', k_order_signed: '客戶簽委託書', k_order_declined: '客戶不同意', k_job_handed_over: '交付車輛與鑰匙',
  k_slot_unlock_intended: '要求打開鑰匙格', k_slot_wished: '請另一台打開鑰匙格', k_wish_refused: '請求未獲同意', k_slot_opened: '鑰匙格已打開', k_slot_closed: '鑰匙格已關上', k_slot_unlock_failed: '鑰匙格沒有打開', k_slot_outcome_unknown: '鑰匙格是否打開不明', k_key_hung: '鑰匙掛入', k_key_taken: '鑰匙取走', k_cabinet_online: '鑰匙櫃已連接', k_cabinet_offline: '鑰匙櫃斷開', k_cabinet_forced: '鑰匙櫃遭撬開', k_cabinet_flapping: '感應器跳動', k_cabinet_commissioned: '鑰匙櫃已調校', k_tag_bound: '鑰匙牌已對應',
  k_alarm_raised: '警報', k_alarm_acknowledged: '有人查看了警報', k_alarm_cleared: '警報解除', k_warning_raised: '提示', k_warning_cleared: '提示解除', k_pickup_bound: '取車碼綁定', k_pickup_refused: '取車碼不符',
  k_bay_assigned: '派往工位', k_car_received: '工位接車', k_scan_started: '開始檢測', k_scan_part: '檢測結果（續）', k_scan_completed: '檢測完成', k_scan_failed: '檢測未完成', k_scan_recorded: '原始紀錄已保存', k_car_mismatched: '工位上的車不符', k_car_mismatch_decided: '已判定是哪輛車',
  k_codes_clear_intended: '要求清除故障碼', k_codes_cleared: '故障碼已清除', k_codes_clear_failed: '故障碼沒有清除', k_codes_clear_unknown: '故障碼是否清除不明',
  k_work_started: '開始施工', k_work_paused: '暫停施工', k_work_resumed: '恢復施工', k_work_finished: '施工完成', k_part_awaited: '等待配件', k_part_arrived: '配件到貨', k_extra_raised: '提出增項', k_extra_offered: '增項報價', k_extra_approved: '客戶同意增項', k_extra_declined: '客戶不同意增項',
  k_inspection_passed: '質檢合格', k_inspection_failed: '質檢不合格', k_car_prepared: '交車準備完成', k_ready_notified: '已告知客戶', k_bill_stated: '開出帳目', k_bill_settled: '結清帳目', k_gatepass_issued: '開出放行條', k_handback_signed: '客戶簽收', k_car_handed_back: '車輛已交還', k_job_rated: '客戶評分',
  k_job_sealed: '紀錄封存', k_job_amended: '封存補充', k_job_merged: '紀錄合併', k_timer_due: '時限到', k_timer_overdue: '時限已過', k_subject_erased: '要求刪除資料', k_subject_contact_erased: '要求刪除聯絡資料',
};

const en: Record<HistoryWord, string> = {
  history: 'History', entries: '{n} entries', none: 'There is no entry to show.', failed: 'It could not be read, please try again.', again: 'Try again', loading: 'Reading…',
  erasedAll: 'The data of this visit was erased by order; what happened and when can still be checked.', erasedContact: 'Name, phone and signature were erased by order.', conflicts: 'Records that disagree',
  sealedN: 'Sealed; {n} not listed yet', sealedAll: 'Sealed, every entry listed', notSealed: 'Not sealed yet: it will be once the car is handed back',
  customer: 'customer', device: 'device', person: 'staff', program: 'system', kiosk: 'kiosk', by_: '–',
  sure: 'time is sure', set: 'clock set once since it started', battery: 'battery clock', between: 'between {from} and {to}', after: 'not before {from}', before: 'not after {to}', unknown: 'time not known', atLeast: 'at least so long',
  seal_listed: 'sealed', seal_open: 'not sealed', seal_seal: 'the seal', seal_unknown: 'what was sealed cannot be read any more', seen: 'cosigned by {n}', seenBy: 'Cosigned by {who}', unseen: 'not cosigned yet',
  pl_no_contact: 'contact data is not here', pl_locked: 'its content is not here', pl_contact_erased: 'contact data erased', pl_erased: 'content erased',
  receipt: 'Receipt for the customer', scanIt: 'The customer scans it with a phone and downloads the receipt; the address works as long as the visit is kept here.', local: 'This address works on this computer only, no phone can open it: set public in [http].', address: 'Address', shopKey: 'The shop’s key', witnesses: 'Cosigned', nobody: 'by no other node yet, look again later', download: 'Download', check: 'Check a receipt', print: 'Print', amendedKind: 'amended after the seal', qr: 'QR code of the receipt',
  gone: 'Handed back', goneNone: 'No car was handed back within a day.', goneSince: 'within a day', limits: 'Limits that have come', due: 'due {time}', overdue: 'overdue {time}',
  t_extra_to_customer: 'Ask the customer about the extra', t_answer_to_bay: 'Tell the bay the answer', t_inspector_call: 'Call the inspector', t_progress_check: 'Look at the progress', t_notice: 'Tell the customer before the promised time', t_request_answer: 'Answer within 48 h', t_request_handled: 'Diagnose within 72 h',
  k_job_opened: 'visit opened', k_job_inspected: 'walk-round', k_job_belongings: 'belongings listed', k_order_offered: 'order shown', k_job_consented: 'asked about reading the car', k_order_signed: 'order signed', k_order_declined: 'order declined', k_job_handed_over: 'car and key handed over',
  k_slot_unlock_intended: 'slot asked to open', k_slot_wished: 'another edge asked to open a slot', k_wish_refused: 'wish refused', k_slot_opened: 'slot opened', k_slot_closed: 'slot closed', k_slot_unlock_failed: 'slot did not open', k_slot_outcome_unknown: 'not known whether the slot opened', k_key_hung: 'key hung', k_key_taken: 'key taken', k_cabinet_online: 'cabinet connected', k_cabinet_offline: 'cabinet gone', k_cabinet_forced: 'cabinet forced', k_cabinet_flapping: 'sensor flaps', k_cabinet_commissioned: 'cabinet commissioned', k_tag_bound: 'key tag bound',
  k_alarm_raised: 'alarm', k_alarm_acknowledged: 'somebody has looked at the alarm', k_alarm_cleared: 'alarm over', k_warning_raised: 'warning', k_warning_cleared: 'warning over', k_pickup_bound: 'pick-up code bound', k_pickup_refused: 'wrong pick-up code',
  k_bay_assigned: 'sent to a bay', k_car_received: 'received in the bay', k_scan_started: 'scan begun', k_scan_part: 'scan, continued', k_scan_completed: 'scan completed', k_scan_failed: 'scan not completed', k_scan_recorded: 'raw record kept', k_car_mismatched: 'another car in the bay', k_car_mismatch_decided: 'decided whose car it is',
  k_codes_clear_intended: 'codes asked to be cleared', k_codes_cleared: 'codes cleared', k_codes_clear_failed: 'codes not cleared', k_codes_clear_unknown: 'not known whether codes were cleared',
  k_work_started: 'work started', k_work_paused: 'work paused', k_work_resumed: 'work resumed', k_work_finished: 'work finished', k_part_awaited: 'waiting for a part', k_part_arrived: 'part arrived', k_extra_raised: 'extra raised', k_extra_offered: 'extra offered', k_extra_approved: 'extra approved', k_extra_declined: 'extra declined',
  k_inspection_passed: 'inspection passed', k_inspection_failed: 'inspection failed', k_car_prepared: 'prepared for hand-back', k_ready_notified: 'customer told', k_bill_stated: 'bill stated', k_bill_settled: 'bill settled', k_gatepass_issued: 'gate pass issued', k_handback_signed: 'customer signed for the car', k_car_handed_back: 'car handed back', k_job_rated: 'rated',
  k_job_sealed: 'record sealed', k_job_amended: 'seal amended', k_job_merged: 'records merged', k_timer_due: 'limit reached', k_timer_overdue: 'limit passed', k_subject_erased: 'data ordered to be erased', k_subject_contact_erased: 'contact data ordered to be erased',
};

export const historyWords: Tables<HistoryWord> = { 'zh-Hans': hans, 'zh-Hant': hant, en };
