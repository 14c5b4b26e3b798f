import { describe, expect, it } from 'vitest';
import { verify } from '../src/verify/check';
import { statement } from '../src/verify/statement';

describe('a receipt', () => {
  it('that is none is refused with a word', async () => {
    for (const text of ['', 'hello', 'c2sp.org/tlog-proof@v1\n', 'c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\n']) {
      await expect(verify(new TextEncoder().encode(text))).rejects.toThrow('form');
    }
  });

  it('whose statement is of a later version is shown as far as it is known', () => {
    expect(statement('[]').lines).toEqual([]);
    expect(statement('not JSON').ticket).toBe('');
    const s = statement('{"ticket":7,"lines":[{"text":"x"},null],"before":{"complete":1,"codes":["P0303",4]},"total":"1"}');
    expect([s.ticket, s.lines.length, s.lines[0]!.price, s.before!.complete, s.before!.codes, s.total]).toEqual(['', 2, null, false, ['P0303'], null]);
  });
});
