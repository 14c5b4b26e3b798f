// The page and `pitlane verify` are held together: edge/receipt writes receipts, true
// and changed, with its own verdicts (TestThePageAgrees sets PITLANE_RECEIPTS).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Refused, verify } from '../src/verify/check.ts';

const corpus = process.env.PITLANE_RECEIPTS;

async function accepts(file) {
  try {
    await verify(file);
    return true;
  } catch (e) {
    if (e instanceof Refused) return false;
    throw e;
  }
}

describe('a receipt', () => {
  it('has the same verdict here and there', { timeout: 3_600_000 }, async () => {
    const lines = readFileSync(corpus, 'utf8').trimEnd().split('\n');
    let differ = 0;
    let taken = 0;
    for (const line of lines) {
      const [verdict, file] = line.split(' ');
      const ok = await accepts(Uint8Array.from(atob(file), (c) => c.charCodeAt(0)));
      if (ok) taken++;
      if (ok !== (verdict === 'ok')) differ++;
    }
    console.log(`receipts: ${lines.length} checked, ${taken} accepted, ${differ} verdicts differ`);
    expect(differ).toBe(0);
    expect(taken).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(taken);
  });
});
