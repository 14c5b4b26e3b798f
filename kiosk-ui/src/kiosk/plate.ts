// Number plates as they are typed: which key can come next, and when it is whole.

export const provinces = [...'京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼'];
export const letters = [...'ABCDEFGHJKLMNPQRSTUVWXYZ']; // no I, no O: they are 1 and 0
export const digits = [...'0123456789'];
/** Last characters of special plates: trainee, police, Hong Kong, Macau, trailer, consulate, trial, extra-long, temporary. */
export const specials = [...'学警港澳挂领试超临'];
/** Embassies start with this instead of a province. */
export const embassy = '使';

const any = new Set([...letters, ...digits]);
const P = new Set(provinces);
const L = new Set([...letters, 'O']); // in the second place the police have an O
const N = new Set(digits);
const E = new Set('ABCDEFGHJK'); // new energy: D and F and those that follow them
const S = new Set([...any, ...specials]);

// Each kind of plate is what may stand in each of its places.
const kinds: Set<string>[][] = [
  [P, L, any, any, any, any, S],
  [P, L, E, any, N, N, N, N], // small new-energy car, 8 places
  [P, L, N, N, N, N, N, E], // large new-energy car, 8 places
  [new Set(embassy), N, N, N, N, N, N],
];

const fits = (plate: string[], kind: Set<string>[]) =>
  plate.length <= kind.length && plate.every((c, i) => kind[i]!.has(c));

/** Whether this key can come next. */
export function mayFollow(plate: string, key: string): boolean {
  const next = [...plate, key];
  return kinds.some((k) => fits(next, k));
}

export function isWhole(plate: string): boolean {
  const now = [...plate];
  return kinds.some((k) => k.length === now.length && fits(now, k));
}

/** Which keyboard the next place needs. */
export function board(plate: string): 'province' | 'rest' {
  return plate === '' ? 'province' : 'rest';
}

/** The shop's own province first: most customers live there. */
export function provincesFrom(home: string): string[] {
  return provinces.includes(home) ? [home, ...provinces.filter((p) => p !== home)] : provinces;
}

/** 粤B·12345, as it stands on the car. */
export function spaced(plate: string): string {
  const c = [...plate];
  return c.length > 2 && P.has(c[0]!) ? `${c[0]}${c[1]}·${c.slice(2).join('')}` : plate;
}

/** A plate from elsewhere: letters, digits and a dash, 2 to 10 of them. */
export function isForeign(plate: string): boolean {
  return /^[A-Z0-9][A-Z0-9-]{0,8}[A-Z0-9]$/.test(plate);
}

/** A phone number that could be one: a mainland mobile or 6 to 15 digits. */
export function isPhone(text: string): boolean {
  return /^1[3-9]\d{9}$/.test(text) || (/^\+?\d{6,15}$/.test(text) && !/^1[3-9]/.test(text));
}
