// What a scan says, in the words of the shop: states, faults, monitors and values.

import { wordOf, type Tables } from '../shared/i18n';
import type { Fault, Lang } from '../shared/types';

const hans = {
  answers: '各控制单元的回答', s_ok: '已读取', s_unsupported: '不支持', s_no_answer: '没有应答', s_refused: '被拒绝', s_adapter_fault: '适配器故障', s_bus_fault: '总线故障', s_incomplete: '应答不完整', s_nothing: '无',
  tester: '总线上还有别的诊断设备在说话：请拔掉它，它会干扰和拖慢扫描', frames: '冻结帧', tests: '车载测试',
  f_port: '打不开适配器的串口。请检查插头和端口设置', f_not_an_adapter: '这个端口上没有 OBD 适配器应答。请检查端口、波特率，以及适配器是否插在车上', f_adapter_fault: '适配器不再应答。请拔下重新插好，再扫描',
  f_bus_init: '车辆没有应答总线初始化。请打开点火开关', f_unable_to_connect: '所有协议都没有应答。请打开点火开关，把插头插到底', f_can_error: '车辆总线有干扰或故障。请检查插头和其他接在总线上的设备',
  f_no_data: '车辆没有应答。请打开点火开关，再扫描', f_low_voltage: '适配器中途断电重启。请检查蓄电池和插头', f_interrupted: '扫描中断。请检查线和插头，再扫描',
  f_unsupported: '车辆没有这些数据。请选择其他数据', f_crashed: '程序中途重启，没有扫描完。请再扫描',
  k_misfire: '失火', k_fuel_system: '燃油系统', k_components: '综合部件', k_catalyst: '催化器', k_heated_catalyst: '加热催化器', k_evaporative_system: '蒸发系统', k_secondary_air_system: '二次空气', k_ac_refrigerant: '空调制冷剂', k_oxygen_sensor: '氧传感器', k_oxygen_sensor_heater: '氧传感器加热', k_egr_system: 'EGR',
  k_nmhc_catalyst: 'NMHC 催化器', k_nox_scr_aftertreatment: 'NOx/SCR 后处理', k_boost_pressure: '增压压力', k_exhaust_gas_sensor: '排气传感器', k_pm_filter: '颗粒捕集器',
  k_engine_cooling_system: '发动机冷却系统', k_crankcase_ventilation: '曲轴箱通风', k_variable_valve_timing: '可变气门正时', k_direct_ozone_reduction: '臭氧直接还原', k_cold_start_emissions: '冷启动减排', k_nox_adsorber: 'NOx 吸附器', k_other_monitors: '其他监测', group: '就绪组 {n}',
};
export type ScanKey = keyof typeof hans;

const hant: Record<ScanKey, string> = {
  answers: '各控制模組的回覆', s_ok: '已讀取', s_unsupported: '不支援', s_no_answer: '沒有回應', s_refused: '被拒絕', s_adapter_fault: '轉接器故障', s_bus_fault: '匯流排故障', s_incomplete: '回應不完整', s_nothing: '無',
  tester: '匯流排上還有別的診斷儀在說話：請拔掉它，它會干擾和拖慢掃描', frames: '凍結框架', tests: '車載測試',
  f_port: '打不開轉接器的串列埠。請檢查插頭和連接埠設定', f_not_an_adapter: '這個連接埠上沒有 OBD 轉接器回應。請檢查連接埠、鮑率，以及轉接器是否插在車上', f_adapter_fault: '轉接器不再回應。請拔下重新插好，再掃描',
  f_bus_init: '車輛沒有回應匯流排初始化。請打開點火開關', f_unable_to_connect: '所有協定都沒有回應。請打開點火開關，把插頭插到底', f_can_error: '車輛匯流排有干擾或故障。請檢查插頭和其他接在匯流排上的裝置',
  f_no_data: '車輛沒有回應。請打開點火開關，再掃描', f_low_voltage: '轉接器中途斷電重啟。請檢查電瓶和插頭', f_interrupted: '掃描中斷。請檢查線和插頭，再掃描',
  f_unsupported: '車輛沒有這些數據。請選擇其他數據', f_crashed: '程式中途重啟，沒有掃描完。請再掃描',
  k_misfire: '失火', k_fuel_system: '燃油系統', k_components: '綜合部件', k_catalyst: '觸媒', k_heated_catalyst: '加熱觸媒', k_evaporative_system: '蒸發系統', k_secondary_air_system: '二次空氣', k_ac_refrigerant: '冷氣冷媒', k_oxygen_sensor: '含氧感知器', k_oxygen_sensor_heater: '含氧感知器加熱', k_egr_system: 'EGR',
  k_nmhc_catalyst: 'NMHC 觸媒', k_nox_scr_aftertreatment: 'NOx/SCR 後處理', k_boost_pressure: '增壓壓力', k_exhaust_gas_sensor: '排氣感知器', k_pm_filter: '微粒濾清器',
  k_engine_cooling_system: '引擎冷卻系統', k_crankcase_ventilation: '曲軸箱通風', k_variable_valve_timing: '可變汽門正時', k_direct_ozone_reduction: '臭氧直接還原', k_cold_start_emissions: '冷車起動減排', k_nox_adsorber: 'NOx 吸附器', k_other_monitors: '其他監測', group: '就緒群組 {n}',
};

const en: Record<ScanKey, string> = {
  answers: 'What each unit answered', s_ok: 'read', s_unsupported: 'not supported', s_no_answer: 'no answer', s_refused: 'refused', s_adapter_fault: 'adapter fault', s_bus_fault: 'bus fault', s_incomplete: 'half an answer', s_nothing: 'none',
  tester: 'Another tester speaks on the car’s bus: pull it, it disturbs and slows down the scan', frames: 'Freeze frame', tests: 'On-board tests',
  f_port: 'The adapter’s line does not open. Check its plug and the port setting', f_not_an_adapter: 'No OBD adapter answers on this line. Check line, speed, and that it is plugged into the car', f_adapter_fault: 'The adapter stopped answering. Pull it, plug it in, and scan again',
  f_bus_init: 'The car does not answer the bus initialisation. Switch the ignition on', f_unable_to_connect: 'No protocol gets an answer. Switch the ignition on and push the plug in fully', f_can_error: 'The car’s bus is disturbed or damaged. Check the plug and other devices on the bus',
  f_no_data: 'The car does not answer. Switch the ignition on and scan again', f_low_voltage: 'The adapter lost its supply and restarted. Check the battery and the plug', f_interrupted: 'The scan was interrupted. Check cable and plug, and scan again',
  f_unsupported: 'The car has none of these values. Choose others', f_crashed: 'The program restarted in the middle of the scan. Scan again',
  k_misfire: 'misfire', k_fuel_system: 'fuel system', k_components: 'components', k_catalyst: 'catalyst', k_heated_catalyst: 'heated catalyst', k_evaporative_system: 'evaporative system', k_secondary_air_system: 'secondary air', k_ac_refrigerant: 'A/C refrigerant', k_oxygen_sensor: 'oxygen sensor', k_oxygen_sensor_heater: 'oxygen sensor heater', k_egr_system: 'EGR',
  k_nmhc_catalyst: 'NMHC catalyst', k_nox_scr_aftertreatment: 'NOx/SCR aftertreatment', k_boost_pressure: 'boost pressure', k_exhaust_gas_sensor: 'exhaust gas sensor', k_pm_filter: 'particle filter',
  k_engine_cooling_system: 'engine cooling', k_crankcase_ventilation: 'crankcase ventilation', k_variable_valve_timing: 'variable valve timing', k_direct_ozone_reduction: 'direct ozone reduction', k_cold_start_emissions: 'cold-start emission reduction', k_nox_adsorber: 'NOx adsorber', k_other_monitors: 'other monitors', group: 'readiness group {n}',
};

export const scanWords: Tables<ScanKey> = { 'zh-Hans': hans, 'zh-Hant': hant, en };

function of(lang: Lang, prefix: string, name: string): string {
  return Object.hasOwn(scanWords[lang], prefix + name) ? scanWords[lang][(prefix + name) as ScanKey] : wordOf({}, name);
}
export const stateWord = (state: string, lang: Lang): string => of(lang, 's_', state);
export const monitorWord = (name: string, lang: Lang): string => of(lang, 'k_', name);

/** A fault in the shop's words; one that has none is said as it came. */
export function faultWord(f: Fault, lang: Lang): string {
  const key = `f_${f.kind}`;
  return Object.hasOwn(scanWords[lang], key) ? scanWords[lang][key as ScanKey] : [f.message, f.hint].filter(Boolean).join(' · ') || wordOf({}, f.kind);
}
