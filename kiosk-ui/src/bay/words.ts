// What is said of clearing codes and of live values.

import type { Tables } from '../shared/i18n';

const hans = {
  clear: '清除故障码', clearAsk: '为什么清除故障码？', clearWarn: '故障码、冻结帧和就绪状态会被清掉；清之前会先读取并存档。永久故障码只有车辆自己能清除。', clearEngine: '请关闭发动机、打开点火开关。', because_repaired: '已修好', because_test: '清除后试车，看是否再现', because_wrong_code: '作业中误报的码', because_other: '其他', own: '用自己的话补充', ownMust: '请写明原因', go: '清除',
  clearing: '正在清除故障码', last: '最近一次清除', at_connect: '连接', at_protocol: '查找协议', at_vin: '读取车架号', at_supported: '查询支持项', at_codes: '先读取故障码', at_readiness: '读取就绪状态', at_readings: '读取冻结帧', at_engine: '检查发动机是否停止', at_intend: '存档', at_clear: '发送清除请求', at_proof: '再次读取核对',
  o_cleared: '已清除', o_failed: '没有清除', o_refused: '被拒绝', o_unknown: '结果不明', o_nothing: '没有可清除的', o_running: '进行中',
  unknownDo: '没有人看到结果。不会再次发送；请扫描一次，看故障码还在不在。',
  y_conditions_not_correct: '条件不符合（发动机可能在运转）', y_refused: '控制单元拒绝', y_codes_remain: '故障码还在', y_not_read: '之后没有读到', y_pending: '控制单元还在处理', y_seen: '没有应答，但再次读取时码已消失', y_interrupted: '中断', y_adapter_fault: '检测仪没有应答', y_low_voltage: '电压过低',
  gone: '已清除的码', remain: '仍在的码', permanent: '永久码，由车辆自己清除', monitors: '{n} 项监测需要重新运行',
  g_engine_running: '发动机在运转：请关闭发动机、打开点火开关，再试一次', g_wrong_car: '这不是工单上的车', g_not_read: '没有控制单元报出故障码：请先扫描', g_no_consent: '没有诊断同意', g_not_received: '还没有接车', g_scanner_offline: '检测仪未连接', g_running: '正在扫描', g_clearing: '正在清除', g_mismatch: '还没有确认是不是这辆车', g_disk_full: '磁盘已满：不能存档，所以没有清除',
  live: '实时数据', liveOn: '看实时数据', liveOff: '停止', choose: '选择数据', chosen: '读取中', waiting: '正在询问车辆…', age: '{n} 秒前', low: '最小', high: '最大', ended_stopped: '已停止', ended_expired: '十分钟到了，已自动停止', ended_nobody: '没有人看，已自动停止', ended_left: '车辆已离开工位', minute: '最近 60 秒',
  n_engine_rpm: '发动机转速', n_vehicle_speed: '车速', n_engine_coolant_temperature: '冷却液温度', n_throttle_position: '节气门开度', n_engine_load: '发动机负荷', n_intake_manifold_pressure: '进气歧管压力', n_mass_air_flow: '进气流量', n_intake_air_temperature: '进气温度', n_control_module_voltage: '控制单元电压', n_timing_advance: '点火提前角', n_fuel_level: '油量', n_run_time: '运行时间', n_barometric_pressure: '大气压', n_ambient_air_temperature: '环境温度', n_short_term_fuel_trim_bank_1: '短期燃油修正 1', n_long_term_fuel_trim_bank_1: '长期燃油修正 1',
};
export type BayKey = keyof typeof hans;

const hant: Record<BayKey, string> = {
  clear: '清除故障碼', clearAsk: '為甚麼清除故障碼？', clearWarn: '故障碼、凍結框架和就緒狀態會被清掉；清之前會先讀取並存檔。永久故障碼只有車輛自己能清除。', clearEngine: '請熄火，並開啟點火開關。', because_repaired: '已修好', because_test: '清除後試車，看是否再現', because_wrong_code: '作業中誤報的碼', because_other: '其他', own: '用自己的話補充', ownMust: '請寫明原因', go: '清除',
  clearing: '正在清除故障碼', last: '最近一次清除', at_connect: '連線', at_protocol: '尋找協定', at_vin: '讀取車身號碼', at_supported: '查詢支援項', at_codes: '先讀取故障碼', at_readiness: '讀取就緒狀態', at_readings: '讀取凍結框架', at_engine: '檢查引擎是否停止', at_intend: '存檔', at_clear: '送出清除要求', at_proof: '再次讀取核對',
  o_cleared: '已清除', o_failed: '沒有清除', o_refused: '被拒絕', o_unknown: '結果不明', o_nothing: '沒有可清除的', o_running: '進行中',
  unknownDo: '沒有人看到結果。不會再次送出；請掃描一次，看故障碼還在不在。',
  y_conditions_not_correct: '條件不符合（引擎可能在運轉）', y_refused: '控制模組拒絕', y_codes_remain: '故障碼還在', y_not_read: '之後沒有讀到', y_pending: '控制模組還在處理', y_seen: '沒有應答，但再次讀取時碼已消失', y_interrupted: '中斷', y_adapter_fault: '檢測儀沒有應答', y_low_voltage: '電壓過低',
  gone: '已清除的碼', remain: '仍在的碼', permanent: '永久碼，由車輛自己清除', monitors: '{n} 項監測需要重新執行',
  g_engine_running: '引擎在運轉：請熄火，並開啟點火開關，再試一次', g_wrong_car: '這不是工單上的車', g_not_read: '沒有控制模組回覆故障碼：請先掃描', g_no_consent: '沒有診斷同意', g_not_received: '尚未接車', g_scanner_offline: '檢測儀未連線', g_running: '正在掃描', g_clearing: '正在清除', g_mismatch: '尚未確認是否這輛車', g_disk_full: '磁碟已滿：不能存檔，所以沒有清除',
  live: '即時數據', liveOn: '看即時數據', liveOff: '停止', choose: '選擇數據', chosen: '讀取中', waiting: '正在詢問車輛…', age: '{n} 秒前', low: '最小', high: '最大', ended_stopped: '已停止', ended_expired: '十分鐘到了，已自動停止', ended_nobody: '沒有人看，已自動停止', ended_left: '車輛已離開工位', minute: '最近 60 秒',
  n_engine_rpm: '引擎轉速', n_vehicle_speed: '車速', n_engine_coolant_temperature: '冷卻水溫度', n_throttle_position: '節氣門開度', n_engine_load: '引擎負荷', n_intake_manifold_pressure: '進氣歧管壓力', n_mass_air_flow: '進氣流量', n_intake_air_temperature: '進氣溫度', n_control_module_voltage: '控制模組電壓', n_timing_advance: '點火提前角', n_fuel_level: '油量', n_run_time: '運轉秒數', n_barometric_pressure: '大氣壓', n_ambient_air_temperature: '環境溫度', n_short_term_fuel_trim_bank_1: '短期燃油修正 1', n_long_term_fuel_trim_bank_1: '長期燃油修正 1',
};

const en: Record<BayKey, string> = {
  clear: 'Clear codes', clearAsk: 'Why clear the codes?', clearWarn: 'Codes, freeze frames and readiness are erased; they are read and kept first. Permanent codes are erased by the car alone.', clearEngine: 'Engine off, ignition on.', because_repaired: 'Repaired', because_test: 'To see whether it comes back', because_wrong_code: 'Set by our own work', because_other: 'Something else', own: 'more, in your own words', ownMust: 'please say why', go: 'Clear',
  clearing: 'Clearing codes', last: 'Last clearing', at_connect: 'connecting', at_protocol: 'finding the protocol', at_vin: 'reading the VIN', at_supported: 'asking what is supported', at_codes: 'reading the codes first', at_readiness: 'reading readiness', at_readings: 'reading freeze frames', at_engine: 'looking whether the engine stands still', at_intend: 'keeping what was read', at_clear: 'sending the request', at_proof: 'reading again as proof',
  o_cleared: 'cleared', o_failed: 'not cleared', o_refused: 'refused', o_unknown: 'outcome unknown', o_nothing: 'nothing to clear', o_running: 'under way',
  unknownDo: 'Nobody saw what came of it. It is not sent again: scan, and see whether the codes are still there.',
  y_conditions_not_correct: 'conditions not correct (the engine may be running)', y_refused: 'the unit refuses', y_codes_remain: 'codes are still there', y_not_read: 'not read afterwards', y_pending: 'the unit is still at it', y_seen: 'no answer, but gone when read again', y_interrupted: 'interrupted', y_adapter_fault: 'the adapter fell silent', y_low_voltage: 'low voltage',
  gone: 'Cleared', remain: 'Still there', permanent: 'Permanent, erased by the car itself', monitors: '{n} monitors have to run again',
  g_engine_running: 'The engine is running: switch it off, ignition on, and try again', g_wrong_car: 'This is not the job’s car', g_not_read: 'No unit told its codes: scan first', g_no_consent: 'no consent to the diagnosis', g_not_received: 'not received yet', g_scanner_offline: 'the scanner is not connected', g_running: 'a scan is running', g_clearing: 'codes are being cleared', g_mismatch: 'whose car it is has not been decided', g_disk_full: 'The disk is full: nothing can be kept, so nothing was cleared',
  live: 'Live values', liveOn: 'Watch live values', liveOff: 'Stop', choose: 'Choose values', chosen: 'being read', waiting: 'Asking the car…', age: '{n} s ago', low: 'min', high: 'max', ended_stopped: 'stopped', ended_expired: 'ten minutes are over: stopped by itself', ended_nobody: 'nobody watched: stopped by itself', ended_left: 'the car has left the bay', minute: 'last 60 s',
  n_engine_rpm: 'Engine speed', n_vehicle_speed: 'Speed', n_engine_coolant_temperature: 'Coolant', n_throttle_position: 'Throttle', n_engine_load: 'Engine load', n_intake_manifold_pressure: 'Manifold pressure', n_mass_air_flow: 'Mass air flow', n_intake_air_temperature: 'Intake air', n_control_module_voltage: 'Module voltage', n_timing_advance: 'Timing advance', n_fuel_level: 'Fuel level', n_run_time: 'Run time', n_barometric_pressure: 'Barometric pressure', n_ambient_air_temperature: 'Ambient air', n_short_term_fuel_trim_bank_1: 'Short fuel trim 1', n_long_term_fuel_trim_bank_1: 'Long fuel trim 1',
};

export const bayWords: Tables<BayKey> = { 'zh-Hans': hans, 'zh-Hant': hant, en };
