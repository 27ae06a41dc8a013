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
  const changes = (text: string) => memoryMapChanges(parseCommandLine(text), { efiFakeMem: false });
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

describe('efi_fake_mem=', () => {
  const changes = (text: string, efiFakeMem = true) =>
    memoryMapChanges(parseCommandLine(text), { efiFakeMem });
  const softReserved = (start: bigint, size: bigint) => ({
    kind: 'update',
    start,
    size,
    from: E820_RAM,
    to: E820_SOFT_RESERVED,
  });

  it('makes RAM soft reserved where the attribute says specific purpose, and nothing of it otherwise', () => {
    expect(changes('efi_fake_mem=2G@6G:0x40000,1G@0x200000000:0x10000,1G@10G:0x50000')).toEqual([
      softReserved(6n << 30n, 2n << 30n),
      softReserved(10n << 30n, 1n << 30n),
    ]);
  });

  it('is read up to what is no range with attributes', () => {
    expect(changes('efi_fake_mem=1G@6G:0x40000,1G@8G,1G@9G:0x40000')).toEqual([
      softReserved(6n << 30n, 1n << 30n),
    ]);
  });

  it('is nothing to a kernel that does not know it', () => {
    expect(changes('efi_fake_mem=2G@6G:0x40000', false)).toEqual([]);
  });
});
