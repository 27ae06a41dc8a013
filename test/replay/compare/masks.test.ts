import { describe, expect, it } from 'vitest';
import { Comparison } from '../../../src/replay/compare/compare.ts';
import { parseDump } from '../../../src/replay/compare/dump.ts';
import { type Field, maskLines, masks } from '../../../src/replay/compare/masks.ts';
import type { LogLine } from '../../../src/replay/step.ts';

interface Mutation {
  readonly field: Field;
  readonly recorded: string;
  /** Differs by what the mask hides. */
  readonly alike: string;
  /** Differs by something else. */
  readonly mutated: string;
}

/** By the reason of the mask; what is left out altogether is '' when it is missing. */
const mutations: Readonly<Record<string, Mutation>> = {
  'where the kernel image was loaded': {
    field: 'text',
    recorded: '  75000000-75ffffff : Kernel code',
    alike: '',
    mutated: '  75000000-75ffffff : Kernel heap',
  },
  'devices of the board that are no memory': {
    field: 'text',
    recorded: '80000000-afffffff : PCI Bus 0000:00',
    alike: '',
    mutated: '80000000-afffffff : ACPI Tables',
  },
  'how deep a firmware range lies inside such devices': {
    field: 'text',
    recorded: '    b0000000-bfffffff : Reserved',
    alike: '  b0000000-bfffffff : Reserved',
    mutated: '    b0000000-bffffffe : Reserved',
  },
  'modules that the recording needed for itself': {
    field: 'text',
    recorded: '9pnet 94208 1 9p, Live 0xffffffffc0400000',
    alike: '',
    mutated: 'nd_pmem 94208 1 9p, Live 0xffffffffc0400000',
  },
  'where a module was loaded': {
    field: 'text',
    recorded: 'kmem 12288 0 - Live 0xffffffffc04e5000',
    alike: 'kmem 12288 0 - Live 0xffffffffc0000000',
    mutated: 'kmem 12288 1 - Live 0xffffffffc04e5000',
  },
  'times, and the column widths of another ls': {
    field: 'text',
    recorded: '-rw-r--r--    1 0        0          4096 Jan  1 00:00 align',
    alike: '-rw-r--r-- 1 0 0 4096 Nov 30 23:59 align',
    mutated: '-r--r--r-- 1 0 0 4096 Nov 30 23:59 align',
  },
  'the same column of a device': {
    field: 'text',
    recorded: 'crw------- 1 0 0 252,   0 Jan  1 00:00 dax0.0',
    alike: 'crw------- 1 0 0 252, 0 Nov 30 23:59 dax0.0',
    mutated: 'crw------- 1 0 0 252, 1 Nov 30 23:59 dax0.0',
  },
  'taint flags of the recording kernel': {
    field: 'text',
    recorded: 'Module                  Size  Used by    Not tainted',
    alike: 'Module                  Size  Used by',
    mutated: 'Module                  Used by  Size',
  },
  'how another cat names the file that it cannot read': {
    field: 'text',
    recorded: "cat: can't open '/sys/a': Permission denied",
    alike: 'cat: /sys/a: Permission denied',
    mutated: 'cat: /sys/a: Input/output error',
  },
  'the name of the recording client': {
    field: 'dmesg',
    recorded: 'dax dax0.0: grun: dax_mmap: fail, attempted private mapping',
    alike: 'dax dax0.0: node: dax_mmap: fail, attempted private mapping',
    mutated: 'dax dax0.1: grun: dax_mmap: fail, attempted private mapping',
  },
  'user addresses (ASLR)': {
    field: 'dmesg',
    recorded: 'fail, unaligned vma (0x7f0000000000 - 0x7f0000001000, 0x1fffff)',
    alike: 'fail, unaligned vma (0x7e0000000000 - 0x7e0000001000, 0x1fffff)',
    mutated: 'fail, unaligned vma (0x7f0000000000 - 0x7f0000001000, 0xfff)',
  },
  'hashed pointers (6.1)': {
    field: 'dmesg',
    recorded: 'page:00000000abcdef01 refcount:1 mapcount:0',
    alike: 'page:0000000012345678 refcount:1 mapcount:0',
    mutated: 'page:00000000abcdef01 refcount:2 mapcount:0',
  },
  'how long it took (5.10)': {
    field: 'dmesg',
    recorded: 'memmap_init_zone_device initialised 131072 pages in 4ms',
    alike: 'memmap_init_zone_device initialised 131072 pages in 0ms',
    mutated: 'memmap_init_zone_device initialised 130560 pages in 4ms',
  },
  'pointers in a struct page': {
    field: 'dmesg',
    recorded: 'raw: 00000000000000aa 00000000000000ab 00000000000000ac 00000000000000ad',
    alike: 'raw: 00000000000000ba 00000000000000bb 00000000000000bc 00000000000000bd',
    mutated: 'raw: 00000000000000aa 00000000000000ab 00000000000000ac',
  },
  'the same in the words of newer kernels': {
    field: 'dmesg',
    recorded: 'WARNING: drivers/dax/bus.c:866 at alloc_dev_dax_range+0x1/0x2, CPU#1: grun/80',
    alike: 'WARNING: drivers/dax/bus.c:866 at alloc_dev_dax_range+0x0/0x0, CPU#0: daxsim/1',
    mutated: 'WARNING: drivers/dax/bus.c:854 at alloc_dev_dax_range+0x1/0x2, CPU#1: grun/80',
  },
  'what a slab has in place of an index': {
    field: 'dmesg',
    recorded: 'page: refcount:0 mapcount:0 mapping:0 index:0xff pfn:0x1',
    alike: 'page: refcount:0 mapcount:0 mapping:0 index:0x0 pfn:0x1',
    mutated: 'page: refcount:0 mapcount:0 mapping:0 index:0xff pfn:0x2',
  },
  'whether a slab was full for a moment, and what its pointers look like': {
    field: 'dmesg',
    recorded: 'flags: 0x97ffffc0000240(workingset|head|node=2',
    alike: 'flags: 0x97ffffc0000040(head|node=2',
    mutated: 'flags: 0x97ffffc0000240(workingset|head|node=3',
  },
  'CPU, process and code offsets of a WARN splat': {
    field: 'dmesg',
    recorded: 'WARNING: CPU: 1 PID: 187 at lib/refcount.c:28 refcount_warn_saturate+0xbe/0x110',
    alike: 'WARNING: CPU: 0 PID: 1 at lib/refcount.c:28 refcount_warn_saturate+0x0/0x0',
    mutated: 'WARNING: CPU: 1 PID: 187 at lib/refcount.c:25 refcount_warn_saturate+0xbe/0x110',
  },
  'registers and call stack of a WARN splat': {
    field: 'dmesg',
    recorded: 'RIP: 0010:refcount_warn_saturate+0xbe/0x110',
    alike: '',
    mutated: 'kmem dax0.0: probe with driver kmem failed with error -16',
  },
  'identifier of a WARN splat': {
    field: 'dmesg',
    recorded: '---[ end trace 00000000000000ab ]---',
    alike: '---[ end trace 0000000000000000 ]---',
    mutated: '---[ end trace 00000000000000ab ]--',
  },
};

describe('a mask', () => {
  const everywhere = masks.filter(({ sizedByContent }) => !sizedByContent).map(({ reason }) => reason);

  it.each(everywhere)('of %s hides that and nothing else', reason => {
    const { field, recorded, alike, mutated } = mutations[reason]!;
    const shown = (line: string) => maskLines(field, line === '' ? [] : [line]);
    expect(shown(alike)).toEqual(shown(recorded));
    expect(shown(mutated)).not.toEqual(shown(recorded));
  });
});

const EMPTY = parseDump('');
const BOOT = parseDump(
  [
    '/proc/iomem: |00000000-07ffffff : System RAM',
    'l 0777 0:0 size=0 nlink=1 /sys/devices/system/node/node0/memory0 -> ../../memory/memory0',
    'f 0444 0:0 size=4096 nlink=1 /sys/devices/system/memory/block_size_bytes = "8000000\\n"',
  ].join('\n'),
);
const matches = (
  cmd: string,
  recorded: string,
  ours: string,
  comparison = new Comparison('6.12', BOOT, BOOT),
) =>
  comparison.shell({ seq: 1, op: 'sh', uid: 0, cmd, exit: 0, stdout: recorded }, { exit: 0, stdout: ours })
    .length === 0;

describe('free memory', () => {
  const buddies = (node: number, zone: string, counts: string) => `Node ${node}, zone ${zone} ${counts} \n`;
  const shown = (recorded: string, ours: string) => matches('cat /proc/buddyinfo', recorded, ours);

  it('is not compared of a node with boot memory', () => {
    expect(shown(buddies(0, 'Normal', '1 2 3'), buddies(0, 'Normal', '9 9 900'))).toBe(true);
    expect(shown('node 0 free: 100 MB\n', 'node 0 free: 1800 MB\n')).toBe(true);
    expect(shown(buddies(0, 'Normal', '1 2 3'), buddies(0, 'DMA32', '1 2 3'))).toBe(false);
  });

  it('of an idle node lacks no more than the lists that the kernel keeps of it', () => {
    expect(
      shown(buddies(2, 'Normal', '0 1 2 0 0 0 0 0 0 0 31'), buddies(2, 'Normal', '0 0 0 0 0 0 0 0 0 1 31')),
    ).toBe(false);
    expect(
      shown(buddies(2, 'Normal', '0 0 1 1 1 1 1 1 1 1 31'), buddies(2, 'Normal', '0 0 0 0 0 0 0 0 0 0 32')),
    ).toBe(true);
    expect(
      shown(buddies(2, 'Movable', '0 0 1 1 1 1 1 1 1 1 31'), buddies(2, 'Movable', '0 0 0 0 0 0 0 0 0 0 32')),
    ).toBe(false);
    expect(shown('node 2 free: 2047 MB\n', 'node 2 free: 2048 MB\n')).toBe(true);
    expect(shown('node 2 free: 2047 MB\n', 'node 2 free: 1920 MB\n')).toBe(false);
  });
});

describe('identifiers', () => {
  const [a, b, x, y] = ['a', 'b', '1', '2'].map(digit => `${digit.repeat(8)}-0000-4000-8000-000000000000`);

  it('that were made at random are renamed, each to one other', () => {
    const comparison = new Comparison('6.12', EMPTY, EMPTY);
    expect(matches('ndctl list', `${a} ${b}\n`, `${x} ${y}\n`, comparison)).toBe(true);
    expect(matches('ndctl list', `${a}\n`, `${x}\n`, comparison)).toBe(true);
    expect(matches('ndctl list', `${a}\n`, `${y}\n`, comparison)).toBe(false);
  });

  it('that a command gives have to stay', () => {
    const given = new Comparison('6.12', EMPTY, EMPTY);
    expect(matches(`ndctl create-namespace -u ${a}`, `${a}\n`, `${x}\n`, given)).toBe(false);
    expect(matches('ndctl list', `${a}\n`, `${a}\n`, given)).toBe(true);
  });
});

describe('lines at the end', () => {
  it('are compared, though others are masked', () => {
    const board = '80000000-afffffff : PCI Bus 0000:00\n';
    const ram = '00001000-0009fbff : System RAM\n';
    expect(matches('cat /proc/iomem', board + ram, ram)).toBe(true);
    expect(matches('cat /proc/iomem', board + ram, ram + ram)).toBe(false);
    expect(matches('cat /proc/iomem', board + ram + ram, ram)).toBe(false);
    expect(matches('cat /proc/iomem | grep -A1 x', board + ram, ram + ram)).toBe(true);
    expect(matches('cat /proc/iomem | grep -A1 x', board + ram, ram + ram + ram)).toBe(false);
    expect(matches('cat /proc/iomem', 'a\n', 'a')).toBe(false);
  });
});

describe('the pages that zonelists were built for', () => {
  it('may be off by what boot left over, and then by the same', () => {
    const comparison = new Comparison('6.12', EMPTY, EMPTY);
    const log = (pages: number): LogLine[] => [
      { prio: 6, text: `Built 2 zonelists, mobility grouping on.  Total pages: ${pages}` },
    ];
    const differ = (recorded: number, ours: number) =>
      comparison.journal(
        { seq: 1, op: 'write', uid: 0, dmesg: log(recorded) },
        { uevents: [], dmesg: log(ours) },
      ).length > 0;
    expect(differ(1_487_341, 1_480_000)).toBe(false);
    expect(differ(1_520_076, 1_512_738)).toBe(false);
    expect(differ(1_520_076, 1_480_000)).toBe(true);
  });
});

describe('counters of a node', () => {
  const meminfo = (total: number, free: number) =>
    `\nNode 0 MemTotal: ${total} kB\nNode 0 MemFree: ${free} kB\nNode 0 MemUsed: 5 kB\nNode 0 HugePages_Total: 1\n`;
  const read = (recorded: string, ours: string) => {
    const answer = (text: string) => ({
      ...{ result: 'OK', n: text.length, stage: 'read', reads: [text.length, 0] },
      bytes_b64: Buffer.from(text).toString('base64'),
    });
    const step = { seq: 1, op: 'read', uid: 0, path: '/sys/devices/system/node/node0/meminfo' };
    return new Comparison('6.12', EMPTY, EMPTY).operation({ ...step, ...answer(recorded) }, answer(ours))
      .length;
  };

  it('that the kernel uses are not compared, whatever their width; what it has is', () => {
    expect(read(meminfo(4000, 10), meminfo(4000, 3999))).toBe(0);
    expect(read(meminfo(4000, 10), meminfo(4004, 10))).toBe(1);
    expect(read(meminfo(4000, 10), meminfo(4000, 10).replace('Total: 1\n', 'Total: 2\n'))).toBe(1);
    expect(read(meminfo(4000, 10), meminfo(4000, 10).replace('MemFree', 'Free'))).toBe(1);
  });
});
