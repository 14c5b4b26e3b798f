// A reader of QR codes types like a keyboard: a token begins with K, and so is no
// code that somebody types by hand.

/** What is typed so far with one more key; null when the key is no part of a token. */
export function typedToken(so: string, key: string): string | null {
  if (key === 'K') return key;
  return so && /^[0-9a-f.]$/.test(key) ? so + key : null;
}

export const wholeToken = (t: string) => /^K[0-9a-f]+\.[0-9a-f]{32}$/.test(t);
