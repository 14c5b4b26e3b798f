// Names of the values of SAE J1979 that cars usually tell, in Chinese; in English the
// name itself is the word. Simplified first, traditional behind it.

import { wordOf } from '../shared/i18n';
import type { Lang } from '../shared/types';

export const valueNames: Record<string, readonly [string, string]> = {
  mil: ['故障灯', '故障燈'], dtc_count: ['故障码数量', '故障碼數量'], freeze_frame_code: ['冻结帧的故障码', '凍結框架的故障碼'],
  fuel_system_1_status: ['燃油系统 1 状态', '燃油系統 1 狀態'], fuel_system_2_status: ['燃油系统 2 状态', '燃油系統 2 狀態'],
  engine_load: ['发动机负荷', '引擎負荷'], engine_coolant_temperature: ['冷却液温度', '冷卻水溫度'],
  short_term_fuel_trim_bank_1: ['短期燃油修正 列1', '短期燃油修正 列1'], long_term_fuel_trim_bank_1: ['长期燃油修正 列1', '長期燃油修正 列1'],
  short_term_fuel_trim_bank_2: ['短期燃油修正 列2', '短期燃油修正 列2'], long_term_fuel_trim_bank_2: ['长期燃油修正 列2', '長期燃油修正 列2'],
  short_term_fuel_trim_bank_3: ['短期燃油修正 列3', '短期燃油修正 列3'], long_term_fuel_trim_bank_3: ['长期燃油修正 列3', '長期燃油修正 列3'],
  short_term_fuel_trim_bank_4: ['短期燃油修正 列4', '短期燃油修正 列4'], long_term_fuel_trim_bank_4: ['长期燃油修正 列4', '長期燃油修正 列4'],
  fuel_pressure: ['燃油压力', '燃油壓力'], intake_manifold_pressure: ['进气歧管压力', '進氣歧管壓力'], engine_rpm: ['发动机转速', '引擎轉速'], vehicle_speed: ['车速', '車速'],
  timing_advance: ['点火提前角', '點火提前角'], intake_air_temperature: ['进气温度', '進氣溫度'], mass_air_flow: ['进气流量', '進氣流量'], throttle_position: ['节气门开度', '節氣門開度'],
  secondary_air_status: ['二次空气状态', '二次空氣狀態'], oxygen_sensors_present: ['氧传感器配置', '含氧感知器配置'], obd_standard: ['OBD 标准', 'OBD 標準'],
  run_time: ['启动后运行时间', '啟動後運轉時間'], distance_with_mil: ['亮灯后行驶距离', '亮燈後行駛距離'], fuel_rail_pressure_relative: ['油轨压力（相对进气）', '油軌壓力（相對進氣）'],
  fuel_rail_gauge_pressure: ['油轨压力', '油軌壓力'], fuel_rail_absolute_pressure: ['油轨绝对压力', '油軌絕對壓力'], commanded_egr: ['EGR 指令', 'EGR 指令'], egr_error: ['EGR 偏差', 'EGR 偏差'],
  commanded_evaporative_purge: ['炭罐清洗指令', '活性碳罐清除指令'], fuel_level: ['油量', '油量'], warm_ups_since_clear: ['清码后暖机次数', '清碼後暖機次數'], distance_since_clear: ['清码后行驶距离', '清碼後行駛距離'],
  evaporative_vapor_pressure: ['蒸发系统压力', '蒸發系統壓力'], evaporative_vapor_pressure_absolute: ['蒸发系统绝对压力', '蒸發系統絕對壓力'], barometric_pressure: ['大气压', '大氣壓'],
  catalyst_temperature_b1s1: ['催化器温度 列1前', '觸媒溫度 列1前'], catalyst_temperature_b2s1: ['催化器温度 列2前', '觸媒溫度 列2前'], catalyst_temperature_b1s2: ['催化器温度 列1后', '觸媒溫度 列1後'], catalyst_temperature_b2s2: ['催化器温度 列2后', '觸媒溫度 列2後'],
  monitors_this_cycle: ['本次行程的监测', '本次行程的監測'], control_module_voltage: ['控制模块电压', '控制模組電壓'], absolute_load: ['绝对负荷', '絕對負荷'], commanded_equivalence_ratio: ['指令空燃当量比', '指令空燃當量比'],
  relative_throttle_position: ['节气门相对开度', '節氣門相對開度'], ambient_air_temperature: ['环境温度', '環境溫度'], throttle_position_b: ['节气门开度 B', '節氣門開度 B'], throttle_position_c: ['节气门开度 C', '節氣門開度 C'],
  accelerator_pedal_d: ['加速踏板 D', '油門踏板 D'], accelerator_pedal_e: ['加速踏板 E', '油門踏板 E'], accelerator_pedal_f: ['加速踏板 F', '油門踏板 F'], commanded_throttle: ['节气门指令', '節氣門指令'],
  time_with_mil: ['亮灯后运行时间', '亮燈後運轉時間'], time_since_clear: ['清码后时间', '清碼後時間'], fuel_type: ['燃料类型', '燃料類型'], ethanol_fuel: ['乙醇含量', '乙醇含量'],
  relative_accelerator_pedal: ['加速踏板相对位置', '油門踏板相對位置'], hybrid_battery_charge: ['动力电池电量', '動力電池電量'], engine_oil_temperature: ['机油温度', '機油溫度'], fuel_injection_timing: ['喷油正时', '噴油正時'], engine_fuel_rate: ['燃油消耗率', '燃油消耗率'],
  emission_requirements: ['排放标准', '排放標準'], demanded_engine_torque: ['需求扭矩', '需求扭力'], actual_engine_torque: ['实际扭矩', '實際扭力'], engine_reference_torque: ['参考扭矩', '參考扭力'], engine_friction_torque: ['摩擦扭矩', '摩擦扭力'],
  engine_coolant_temperature_1: ['冷却液温度 1', '冷卻水溫度 1'], engine_coolant_temperature_2: ['冷却液温度 2', '冷卻水溫度 2'], engine_run_time_total: ['发动机总运行时间', '引擎總運轉時間'], engine_idle_time_total: ['怠速总时间', '怠速總時間'],
  transmission_gear: ['挡位', '檔位'], transmission_gear_ratio: ['变速比', '變速比'], odometer: ['里程', '里程'], engine_odometer: ['发动机里程', '引擎里程'], boost_control: ['增压控制', '增壓控制'], reagent_tank_level: ['尿素液位', '尿素液位'],
  pto_output: ['取力器输出', '取力器輸出'], glow_plug_lamp: ['预热塞指示灯', '預熱塞指示燈'], recommended_gear: ['建议挡位', '建議檔位'],
  automatic_transmission: ['自动变速箱', '自動變速箱'], manual_transmission: ['手动变速箱', '手動變速箱'],
  dpf_regeneration: ['颗粒捕集器再生', '濾煙器再生'], dpf_regeneration_trigger: ['再生触发原因', '再生觸發原因'], dpf_regeneration_type: ['再生方式', '再生方式'],
  dpf_time_between_regenerations: ['再生间隔时间', '再生間隔時間'], dpf_distance_between_regenerations: ['再生间隔里程', '再生間隔里程'],
  nox_adsorber_regeneration: ['NOx 吸附器再生', 'NOx 吸附器再生'], nox_adsorber_desulfurization: ['NOx 吸附器脱硫', 'NOx 吸附器脫硫'],
  nox_warning: ['NOx 报警', 'NOx 警示'], nox_nte_control_area: ['NOx 控制区', 'NOx 管制區'], pm_nte_control_area: ['颗粒物控制区', '微粒管制區'],
  nox_inducement_level_1: ['NOx 限扭 1 级', 'NOx 限扭 1 級'], nox_inducement_level_2: ['NOx 限扭 2 级', 'NOx 限扭 2 級'], nox_inducement_level_3: ['NOx 限扭 3 级', 'NOx 限扭 3 級'],
  reagent_low: ['尿素不足', '尿素不足'], reagent_incorrect: ['尿素不合格', '尿素不合格'], reagent_consumption: ['尿素消耗异常', '尿素消耗異常'], nox_high: ['NOx 过高', 'NOx 過高'],
  scr_inducement: ['SCR 限扭', 'SCR 限扭'], scr_inducement_reason: ['SCR 限扭原因', 'SCR 限扭原因'], warning_lamps: ['警告灯', '警告燈'],
};
// Families of the same value for each sensor: the name behind the stem stays.
export const valueStems: Record<string, readonly [string, string]> = {
  oxygen_sensor: ['氧传感器', '含氧感知器'], oxygen_lambda: ['氧传感器 λ', '含氧感知器 λ'],
};

/** The name of a value in a language; one without a word is shown as it is called. */
export function valueWord(name: string, lang: Lang): string {
  if (lang === 'en') return wordOf({}, name);
  const at = lang === 'zh-Hans' ? 0 : 1;
  if (Object.hasOwn(valueNames, name)) return valueNames[name]![at];
  const stem = Object.keys(valueStems).find((s) => name.startsWith(`${s}_`));
  return stem ? `${valueStems[stem]![at]} ${ends(name.slice(stem.length + 1), at)}` : wordOf({}, name);
}

const tails: Record<string, readonly [string, string]> = { voltage: ['电压', '電壓'], current: ['电流', '電流'], trim: ['修正', '修正'], fuel: ['燃油', '燃油'], lambda: ['λ', 'λ'] };
const ends = (tail: string, at: 0 | 1): string => tail.split('_').map((w) => (Object.hasOwn(tails, w) ? tails[w]![at] : w)).join(' ');

// Values that are words.
const valueTexts: Record<string, readonly [string, string]> = {
  on: ['开', '開'], off: ['关', '關'], none: ['无', '無'], closed_loop: ['闭环', '閉環'], open_loop: ['开环', '開環'], open_loop_driving: ['开环（驾驶工况）', '開環（駕駛工況）'],
  open_loop_fault: ['开环（故障）', '開環（故障）'], closed_loop_fault: ['闭环（故障）', '閉環（故障）'], upstream: ['上游', '上游'], downstream: ['下游', '下游'],
  gasoline: ['汽油', '汽油'], diesel: ['柴油', '柴油'], electric: ['电', '電'], lpg: ['液化石油气', '液化石油氣'], cng: ['压缩天然气', '壓縮天然氣'],
  hybrid_gasoline: ['汽油混合动力', '汽油油電混合'], hybrid_diesel: ['柴油混合动力', '柴油油電混合'],
};
/** A value that is a word, in a language. */
export function valueText(text: string, lang: Lang): string {
  return lang !== 'en' && Object.hasOwn(valueTexts, text) ? valueTexts[text]![lang === 'zh-Hans' ? 0 : 1] : wordOf({}, text);
}
