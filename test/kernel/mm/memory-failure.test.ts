import { describe, expect, it } from 'vitest';
import type { OpenFile } from '../../../src/kernel/fs/file-system.ts';
import type { FileNode } from '../../../src/kernel/fs/node.ts';
import { EIO, EPERM } from '../../../src/kernel/lib/errno.ts';
import { O_WRONLY } from '../../../src/kernel/lib/stat.ts';
import { BLOCK, BootedMemory, facts, PAGES } from './booted-memory.ts';

const ROOT = 'sys/devices/system/memory';
const hard = (machine: BootedMemory, address: bigint) =>
  machine.write(`${ROOT}/hard_offline_page`, `0x${address.toString(16)}`);
const soft = (machine: BootedMemory, address: bigint) =>
  machine.write(`${ROOT}/soft_offline_page`, `0x${address.toString(16)}`);
const PAGE = 48n * BLOCK + 0x5000n;

function online(kernel = '6.12.0'): BootedMemory {
  const machine = new BootedMemory({ kernel });
  machine.add(2, 48, 49);
  machine.state(48, 'online');
  return machine;
}

describe('hard_offline_page', () => {
  it('finds no page in what boot memory leaves free of a block, and one in the subsection where it ends', () => {
    const end = 68n * BLOCK + 0x2100000n;
    const [dma, dma32, normal1] = facts.zones;
    const machine = new BootedMemory({
      facts: {
        ...facts,
        memory: [...facts.memory.slice(0, 3), { node: 3, start: 64n * BLOCK, end: end - 1n }],
        zones: [dma!, dma32!, normal1!],
        memoryBlocks: [
          ...facts.memoryBlocks.slice(0, 4),
          { first: 64, last: 67, nodes: [3], zone: 'Normal', presentPages: PAGES },
          { first: 68, last: 68, nodes: [3], zone: 'Normal', presentPages: Number(end / 4096n) - 68 * PAGES },
        ],
      },
    });
    expect(machine.log(() => expect(hard(machine, 68n * BLOCK + 0x2200000n)).toBe('ENXIO'))).toEqual([
      'Memory failure: 0x222200: memory outside kernel control',
    ]);
    expect(machine.log(() => expect(soft(machine, 68n * BLOCK + 0x2200000n)).toBe('EIO'))).toEqual([]);
    expect(hard(machine, end)).toBe('EBUSY');
  });

  it('poisons a page once', () => {
    const machine = online();
    expect(machine.log(() => expect(hard(machine, PAGE)).toBe('OK'))).toEqual([
      'Memory failure: 0x180005: recovery action for free buddy page: Recovered',
    ]);
    expect(hard(machine, PAGE + 0xfffn)).toBe('EHWPOISON');
    const counters = ['total', 'recovered', 'failed'].map(name =>
      machine.read(`sys/devices/system/node/node2/memory_failure/${name}`),
    );
    expect(counters).toEqual(['1\n', '1\n', '0\n']);
    expect(machine.read('proc/meminfo')).toContain('HardwareCorrupted:     4 kB\n');
  });

  it('can do nothing about page structures, its own or those of later memory, and counts them as ignored', () => {
    const machine = new BootedMemory({ memmapOnMemory: 'Y' });
    machine.add(2, 48, 48, true);
    machine.add(2, 50, 50);
    machine.state(48, 'online_movable');
    machine.state(50, 'online_kernel');
    machine.add(2, 52, 52);
    for (const [pfn, address] of [
      ['0x1801ff', 48n * BLOCK + 0x1ff000n],
      ['0x190001', 50n * BLOCK + 0x1000n],
    ] as const) {
      expect(machine.log(() => expect(hard(machine, address)).toBe('EBUSY'))).toEqual([
        `Memory failure: ${pfn}: unhandlable page.`,
        `Memory failure: ${pfn}: recovery action for get hwpoison page: Ignored`,
      ]);
      expect(hard(machine, address)).toBe('EHWPOISON');
      expect(soft(machine, address - 0x1000n)).toBe('EIO');
    }
    expect(machine.read('sys/devices/system/node/node2/memory_failure/ignored')).toBe('2\n');
    expect(machine.read('proc/meminfo')).toContain('HardwareCorrupted:     8 kB\n');
    expect(hard(machine, 48n * BLOCK + 0x200000n)).toBe('OK');
  });

  it('calls such a page unknown on kernels before 6.11', () => {
    const machine = new BootedMemory({ kernel: '6.1.0' });
    machine.add(2, 48, 48);
    machine.state(48, 'online');
    machine.add(2, 50, 50);
    expect(machine.log(() => expect(hard(machine, 48n * BLOCK)).toBe('EBUSY'))).toEqual([
      'Memory failure: 0x180000: unhandlable page.',
      'Memory failure: 0x180000: recovery action for unknown page: Ignored',
    ]);
  });

  it('dissolves a free huge page around the page, of which the rest makes no other', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 48);
    machine.state(48, 'online_movable');
    const count = 'sys/devices/system/node/node2/hugepages/hugepages-2048kB/nr_hugepages';
    machine.write(count, '3');
    expect(machine.log(() => expect(hard(machine, 48n * BLOCK + 0x205000n)).toBe('OK'))).toEqual([
      'Memory failure: 0x180205: recovery action for free huge page: Recovered',
    ]);
    expect(machine.read(count)).toBe('2\n');
    for (let i = 1n; i <= 10n; i++) expect(soft(machine, 49n * BLOCK - i * 0x200000n)).toBe('OK');
    machine.write(count, '64');
    expect(machine.read(count)).toBe('53\n');
  });

  it('finds no page in an offline block, in a hole, and beyond memory', () => {
    const machine = online();
    for (const address of [49n * BLOCK, 60n * BLOCK, 1n << 50n]) expect(hard(machine, address)).toBe('ENXIO');
  });

  it('takes an address and nothing else', () => {
    const machine = online();
    for (const junk of ['page', '0x', '18446744073709551616', '-1'])
      expect(machine.write(`${ROOT}/hard_offline_page`, junk)).toBe('EINVAL');
  });

  it('is for CAP_SYS_ADMIN, whoever may write the file', () => {
    const machine = online();
    const file = machine.node(`${ROOT}/hard_offline_page`) as FileNode;
    const opened = file.open(O_WRONLY, { uid: 1000, gid: 1000, pid: 1 }) as OpenFile;
    expect(opened.write(0, Buffer.from('junk'))).toEqual(EPERM);
  });

  it('lets the owner of device memory act, and counts on its node', () => {
    const machine = online();
    const poisoned: bigint[] = [];
    const owner = {
      memoryFailure: (address: bigint) => {
        poisoned.push(address);
        return poisoned.length > 1 ? EIO : undefined;
      },
    };
    machine.memory.deviceRanges.add(0, 56n * BLOCK, BLOCK, owner);
    const address = 56n * BLOCK + 0x3000n;
    expect(machine.log(() => expect(hard(machine, address)).toBe('OK'))).toEqual([
      'Memory failure: 0x1c0003: recovery action for dax page: Recovered',
    ]);
    expect(poisoned).toEqual([address]);
    expect(hard(machine, address)).toBe('EIO');
    expect(machine.read('sys/devices/system/node/node0/memory_failure/failed')).toBe('1\n');
    expect(soft(machine, address)).toBe('EIO');
    expect(machine.read('proc/meminfo')).toContain('HardwareCorrupted:     8 kB\n');
  });
});

describe('soft_offline_page', () => {
  it.each([
    [
      '6.12.0',
      'Soft offline: 0x180005: page already poisoned',
      'recovery action for already poisoned page: Failed',
    ],
    ['6.1.0', 'soft_offline_page: 0x180005 page already poisoned', 'already hardware poisoned'],
  ])('of %s is content with a page that is poisoned already', (kernel, softly, hardly) => {
    const machine = online(kernel);
    soft(machine, PAGE);
    expect(machine.log(() => expect(soft(machine, PAGE)).toBe('OK'))).toEqual([softly]);
    expect(machine.log(() => expect(hard(machine, PAGE)).toBe('EHWPOISON'))).toEqual([
      `Memory failure: 0x180005: ${hardly}`,
    ]);
  });

  it('tells an offline page from none', () => {
    const machine = online();
    expect(soft(machine, 49n * BLOCK)).toBe('EIO');
    expect(soft(machine, 60n * BLOCK)).toBe('ENXIO');
  });
});

describe('a block with a poisoned page', () => {
  it('can go offline but not online again, until its memory was removed', () => {
    const machine = online();
    hard(machine, PAGE);
    expect(machine.state(48, 'offline')).toBe('OK');
    expect(machine.state(48, 'online')).toBe('EHWPOISON');
    expect(machine.remove(48, 49)).toBeUndefined();
    machine.add(2, 48, 49);
    expect(machine.state(48, 'online')).toBe('OK');
  });

  it('goes online on kernels that do not keep count', () => {
    const machine = online('6.1.0');
    hard(machine, PAGE);
    machine.state(48, 'offline');
    expect(machine.state(48, 'online')).toBe('OK');
    expect(machine.read('proc/meminfo')).toContain('HardwareCorrupted:     4 kB\n');
    expect(hard(machine, PAGE)).toBe('OK');
    machine.state(48, 'offline');
    machine.remove(48, 49);
    expect(machine.read('proc/meminfo')).toContain('HardwareCorrupted:     4 kB\n');
  });
});
