import { describe, expect, it } from 'vitest';
import { throwBug } from '../../src/kernel/fs/guarded-file.ts';
import { machineFromContent } from '../../src/machine/parse-machine.ts';
import { createRack } from '../../src/machine/rack.ts';
import { Shell } from '../model/shell.ts';

const GIB = 1n << 30n;
const NODES = '/sys/devices/system/node';

/** Two nodes, the second all soft reserved and not aligned to memory blocks, at 16 GiB. */
const MACHINE = {
  auto_online: 'offline',
  nodes: [{ cpus: 1, ram: '4GiB', distances: [10, 20] }, { distances: [20, 10] }],
  soft_reserved: [{ start: '16GiB', size: '1000MiB', node: 1 }],
  hmat: [{ initiator: 0, target: 1, latency: 200, bandwidth: '10GiB' }],
};

function boot(kernel: string, more: object = {}) {
  const description = machineFromContent({ kernel, ...MACHINE, ...more }, 'lab.yaml');
  if (Array.isArray(description)) throw new Error(JSON.stringify(description));
  const rack = createRack([{ description }], { clock: () => 0n, onBug: throwBug });
  const shell = new Shell(rack.fileSystem);
  const { core, modules } = rack.machine();
  return {
    core,
    modules,
    shell,
    write: (path: string, text: string) => {
      const taken = shell.write(path, text);
      return typeof taken === 'number' ? 'OK' : taken.name;
    },
    log: () => {
      const texts: string[] = [];
      for (let at = core.printk.first; at < core.printk.next; at++) texts.push(core.printk.at(at)!.text);
      return texts.join('\n');
    },
    events: () => {
      const texts: string[] = [];
      for (let at = core.uevents.first; at < core.uevents.next; at++) {
        const { action, devpath } = core.uevents.at(at)!;
        texts.push(`${action} ${devpath.split('/').at(-1)}`);
      }
      return texts;
    },
  };
}

type Booted = ReturnType<typeof boot>;

const block = (id: bigint) => `/sys/devices/system/memory/memory${id}/state`;
const FIRST = (16n * GIB) >> 27n;

/** What a machine does on the last release without a change, and on the first with it. */
function changed<T>(
  what: string,
  [last, first]: [string, string],
  see: (machine: Booted) => T,
  values: [T, T],
) {
  it(`${what}: ${last} ${JSON.stringify(values[0])}, ${first} ${JSON.stringify(values[1])}`, () => {
    expect(see(boot(last))).toEqual(values[0]);
    expect(see(boot(first))).toEqual(values[1]);
  });
}

describe('what came between 6.12 and 7.3', () => {
  changed(
    'the first kernel-zone block of a node goes offline again',
    ['6.13', '6.14'],
    ({ write }) => [write(block(FIRST), 'online_kernel'), write(block(FIRST), 'offline')],
    [
      ['OK', 'OK'],
      ['OK', 'EBUSY'],
    ],
  );

  it('the size of memory blocks suits the alignment of CXL windows: 6.14 2 GiB, 6.15 256 MiB', () => {
    const size = (kernel: string) => {
      const large = {
        nodes: [{ cpus: 1, ram: '128GiB' }, {}],
        soft_reserved: [],
        cxl_windows: [{ start: 256n * GIB + (1n << 28n), size: '16GiB' }].map(({ start, size }) => ({
          start: Number(start),
          size,
        })),
        hmat: [],
      };
      return boot(kernel, large).shell.read('/sys/devices/system/memory/block_size_bytes');
    };
    expect([size('6.14'), size('6.15')]).toEqual(['80000000\n', '10000000\n']);
  });

  changed(
    'kmem tells what alignment cost',
    ['6.15', '6.16'],
    ({ log }) => /kmem dax0.0: DAX region truncated by (.*) due to alignment/.exec(log())?.[1],
    [undefined, '104 MiB'],
  );
  changed(
    'power of access classes has more than async',
    ['6.15', '6.16'],
    ({ shell }) => shell.exists(`${NODES}/node0/access0/power/runtime_status`),
    [true, false],
  );
  changed('nodeN/reclaim', ['6.16', '6.17'], ({ shell }) => shell.exists(`${NODES}/node1/reclaim`), [
    false,
    true,
  ]);
  changed(
    'the major of /dev/dax0.0',
    ['6.16', '6.17'],
    ({ shell }) => shell.read('/sys/bus/dax/devices/dax0.0/dev'),
    ['252:0\n', '251:0\n'],
  );
  changed(
    'a node appears before its blocks',
    ['6.17', '6.18'],
    ({ events }) => events().indexOf('add node1') < events().indexOf(`add memory${FIRST}`),
    [false, true],
  );
  changed(
    'zoneinfo tells of free_highatomic',
    ['6.18', '6.19'],
    ({ shell }) => String(shell.read('/proc/zoneinfo')).includes('free_highatomic'),
    [false, true],
  );
  changed(
    '/proc/iomem shows soft reserved ranges',
    ['6.19', '7.0'],
    ({ shell }) => String(shell.read('/proc/iomem')).includes('Soft Reserved'),
    [true, false],
  );
  it('RAM that ends off a boundary is followed by a RAM buffer, since 7.0 also where soft reserved memory is', () => {
    const buffers = (kernel: string) => {
      const nodes = [
        {
          cpus: 1,
          ram: [
            { start: 0, size: '2GiB' },
            { start: '4GiB', size: '4GiB' },
          ],
        },
      ];
      const cmdline = 'memmap=512M%0x188400000-1+0xefffffff';
      const { shell } = boot(kernel, { nodes, cmdline, soft_reserved: [], hmat: [] });
      return String(shell.read('/proc/iomem')).match(/188400000-.*/)?.[0];
    };
    expect(buffers('6.19')).toBe('188400000-1a83fffff : Soft Reserved');
    expect(buffers('7.0')).toBe('188400000-18bffffff : RAM buffer');
  });
  changed(
    'hmem.0 is below hmem_platform.0',
    ['7.0', '7.1'],
    ({ shell }) =>
      ['', 'hmem_platform.0/'].map(above => shell.exists(`/sys/devices/platform/${above}hmem.0/dax0.0`)),
    [
      [true, false],
      [false, true],
    ],
  );
  changed(
    'dax_hmem asks for cxl_pci',
    ['7.0', '7.1'],
    ({ modules }) => modules.loaded().some(({ name }) => name === 'cxl_pci'),
    [false, true],
  );
  changed(
    'nr_gpu_active among the counters of a node',
    ['7.0', '7.1'],
    ({ shell }) => String(shell.read(`${NODES}/node0/vmstat`)).includes('nr_gpu_active'),
    [false, true],
  );
  changed(
    'fsdev_dax can be loaded',
    ['7.1', '7.2'],
    ({ write }) => write('/sys/kernel/debug/daxsim/modprobe', 'fsdev_dax\n'),
    ['ENOENT', 'OK'],
  );
  changed(
    'has_normal_memory follows hotplug',
    ['7.1', '7.2'],
    ({ shell, write }) => [write(block(FIRST), 'online_kernel'), shell.read(`${NODES}/has_normal_memory`)],
    [
      ['OK', '0\n'],
      ['OK', '0-1\n'],
    ],
  );
  changed(
    'the state of a whole device',
    ['7.2', '7.3'],
    ({ shell }) => shell.exists('/sys/bus/dax/devices/dax0.0/state'),
    [false, true],
  );
  changed(
    'what an unbind says of memory that stays',
    ['7.2', '7.3'],
    ({ write, log }) => {
      write(block(FIRST), 'online_movable');
      write('/sys/bus/dax/drivers/kmem/unbind', 'dax0.0');
      return log().split('\n').at(-1);
    },
    [
      'kmem dax0.0: mapping0: 0x400000000-0x437ffffff cannot be hotremoved until the next reboot',
      'kmem dax0.0: Hotplug regions stuck online until reboot',
    ],
  );
});
