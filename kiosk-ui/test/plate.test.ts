import { describe, expect, test } from 'vitest';
import { digits, isForeign, isPhone, isWhole, letters, mayFollow, provinces, provincesFrom, spaced, specials } from '../src/kiosk/plate';

const typed = (plate: string) => [...plate].every((c, i, all) => mayFollow(all.slice(0, i).join(''), c));

describe('the plate keyboard', () => {
  test('has 31 provinces, the shop’s own first', () => {
    expect(provinces.length).toBe(31);
    expect(new Set(provinces).size).toBe(31);
    expect(provincesFrom('沪')[0]).toBe('沪');
    expect(provincesFrom('沪').length).toBe(31);
    expect(provincesFrom('?')).toEqual(provinces);
  });

  test.each(['粤B12345', '沪AD12345', '粤BF12345', '京A12345D', '粤ZAB12港', '粤B1234学', '京A1234警', '使123456', '川A1B2C3'])('%s can be typed and is whole', (plate) => {
    expect(typed(plate)).toBe(true);
    expect(isWhole(plate)).toBe(true);
  });

  test.each(['粤', '粤B', '粤B1234', '粤B1234567', 'B12345', '粤112345', '粤BI2345', '粤B港1234'])('%s is no whole plate', (plate) => {
    expect(isWhole(plate)).toBe(false);
  });

  test('offers no key that leads nowhere', () => {
    const keys = [...provinces, ...letters, ...digits, ...specials, '使', 'O'];
    let plates = ['', '粤', '粤B', '粤BD', '粤B1', '粤B1234', '使1'];
    for (let depth = 0; depth < 3; depth++) {
      plates = plates.flatMap((p) => keys.filter((k) => mayFollow(p, k)).slice(0, 3).map((k) => p + k));
    }
    const leadsOn = (p: string): boolean => isWhole(p) || keys.some((k) => mayFollow(p, k));
    for (const p of plates) expect(leadsOn(p), p).toBe(true);
  });

  test('a ninth place is never offered', () => {
    expect([...letters, ...digits, ...specials].some((k) => mayFollow('粤BD12345', k))).toBe(false);
  });

  test('a plate stands as on the car', () => {
    expect(spaced('粤B12345')).toBe('粤B·12345');
    expect(spaced('粤B')).toBe('粤B');
  });
});

test('foreign plates are letters, digits and dashes', () => {
  expect(['B-AB123', 'AB12CDE', 'X1'].every(isForeign)).toBe(true);
  expect(['', 'X', '-AB', 'AB-', '粤B1', 'ABCDEFGHIJK'].some(isForeign)).toBe(false);
});

test('a phone is a mainland mobile in full, or 6 to 15 digits', () => {
  expect(['13800001234', '+85212345678', '075512345678', '12345678'].every(isPhone)).toBe(true);
  expect(['', '1380000123', '12345', '138000012345', '1234567890123456'].some(isPhone)).toBe(false);
});
