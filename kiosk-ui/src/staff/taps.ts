// What a customer tapped at the kiosk, in the words of the staff's language.

import { wordOf } from '../shared/i18n';
import type { Lang } from '../shared/types';

const en: Record<string, string> = {
  service: 'regular service', engine_light: 'warning light', noise: 'strange noise', brakes: 'brakes', starting: 'hard to start', power: 'weak', shaking: 'shaking', leak: 'leaking', tyres: 'tyres', air_con: 'air conditioning', electrics: 'lights, electrics', body: 'body work',
};
const hans: Record<string, string> = {
  service: '定期保养', engine_light: '故障灯亮', noise: '有异响', brakes: '刹车', starting: '难启动', power: '没力', shaking: '抖动', leak: '漏油漏水', tyres: '轮胎', air_con: '空调', electrics: '灯光电器', body: '车身外观',
};
const hant: Record<string, string> = {
  service: '定期保養', engine_light: '故障燈亮', noise: '有異聲', brakes: '煞車', starting: '難發動', power: '無力', shaking: '抖動', leak: '漏油漏水', tyres: '輪胎', air_con: '冷氣', electrics: '燈光電器', body: '車身外觀',
};

const tables: Record<Lang, Record<string, string>> = { en, 'zh-Hans': hans, 'zh-Hant': hant };

/** Taps and free words, one after the other. */
export function complaint(said: { taps?: string[] | null; words?: string }, lang: Lang): string {
  return [...(said.taps ?? []).map((t) => wordOf(tables[lang], t)), said.words ?? ''].filter(Boolean).join(' · ');
}
