import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../src/machine/cmdline.ts';
import {
  E820_PRAM,
  E820_RAM,
  E820_RESERVED,
  E820_SOFT_RESERVED,
} from '../../../src/machine/firmware/e820.ts';
import { memoryMapChanges } from '../../../src/machine/firmware/memmap.ts';

describe('memmap=', () => {
  const changes = (text: string) => memoryMapChanges(parseCommandLine(text));
  const span = { start: 0x180000000n, size: 2n << 30n };

  it.each([
    ['memmap=2G@0x180000000', { kind: 'add', ...span, type: E820_RAM }],
    ['memmap=2G$0x180000000', { kind: 'add', ...span, type: E820_RESERVED }],
    ['memmap=2G!0x180000000', { kind: 'add', ...span, type: E820_PRAM }],
    [
      'memmap=2G%0x180000000-1+0xefffffff',
      { kind: 'update', ...span, from: E820_RAM, to: E820_SOFT_RESERVED },
    ],
    ['memmap=2G%0x180000000+0xefffffff', { kind: 'add', ...span, type: E820_SOFT_RESERVED }],
    ['memmap=2G%0x180000000-2', { kind: 'remove', ...span, from: E820_RESERVED }],
    ['memmap=2G%0x180000000', { kind: 'remove', ...span, from: undefined }],
    ['memmap=exactmap', { kind: 'exactmap' }],
  ])('%s', (text, change) => expect(changes(text)).toEqual([change]));

  it('limits memory with mem= and with a bare size', () => {
    const limit = { kind: 'remove', start: 4n << 30n, size: (1n << 64n) - 1n - (4n << 30n), from: E820_RAM };
    expect(changes('mem=4G')).toEqual([limit]);
    expect(changes('memmap=4G')).toEqual([limit]);
  });

  it('takes several in one word, in order, and skips what it cannot read', () => {
    expect(changes('memmap=1M@0,junk,1M%0-1+2!,2M$1M').map(change => change.kind)).toEqual(['add', 'add']);
  });
});
