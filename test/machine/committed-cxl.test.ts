import { expect, it } from 'vitest';
import { machineFromContent } from '../../src/machine/parse-machine.ts';
import { createRack } from '../../src/machine/rack.ts';
import { Shell } from '../model/shell.ts';

const GIB = 1n << 30n;

/** A machine with a CXL window of 2 GiB at 16 GiB, and the lines of /proc/iomem in it. */
function inWindow(spec: object): { shell: Shell; lines: string[] } {
  const content = { cxl_windows: [{ start: '16GiB', size: '2GiB' }], ...spec };
  const description = machineFromContent(content, 'lab.yaml');
  if (Array.isArray(description)) throw new Error(JSON.stringify(description));
  const { fileSystem } = createRack([{ description }], {
    clock: () => 0n,
    onBug: error => expect.unreachable(String(error)),
  });
  const shell = new Shell(fileSystem);
  const lines = String(shell.read('/proc/iomem')).split('\n');
  return {
    shell,
    lines: lines.slice(
      lines.findIndex(line => line.includes('CXL Window 0')),
      -2,
    ),
  };
}

const WINDOW = '400000000-47fffffff : CXL Window 0';
const first = { start: `0x${(16n * GIB).toString(16)}`, size: '1GiB' };

it('soft reserved memory at the start of a CXL window becomes a region with a dax device', () => {
  const { lines } = inWindow({
    nodes: [{ cpus: 1, ram: '4GiB' }, {}],
    soft_reserved: [{ ...first, node: 1 }],
  });
  expect(lines).toEqual([
    WINDOW,
    '  400000000-43fffffff : region0',
    '    400000000-43fffffff : Soft Reserved',
    '      400000000-43fffffff : dax0.0',
    '        400000000-43fffffff : System RAM (kmem)',
  ]);
});

it('RAM at the start of a CXL window becomes a region without one', () => {
  const { lines, shell } = inWindow({ nodes: [{ cpus: 1, ram: '4GiB' }, { ram: [first] }] });
  expect(lines).toEqual([WINDOW, '  400000000-43fffffff : region0', '    400000000-43fffffff : System RAM']);
  expect(shell.exists('/sys/bus/cxl/drivers/cxl_region/region0')).toBe(true);
  expect(shell.list('/sys/bus/dax/devices')).toEqual([]);
});

it('one soft reserved range over two CXL windows becomes a region in each', () => {
  const { shell } = inWindow({
    kernel: '6.12',
    bare_metal: true,
    auto_online: 'online',
    nodes: [
      {
        cpus: 32,
        ram: [
          { start: 0, size: '2GiB' },
          { start: '4GiB', size: '0x1F70000000' },
        ],
      },
      {},
    ],
    soft_reserved: [{ start: '0x2070000000', size: '512GiB', node: 1 }],
    cxl_windows: [
      { start: '0x2070000000', size: '256GiB' },
      { start: '0x6070000000', size: '256GiB' },
    ],
  });
  expect(shell.list('/sys/bus/dax/devices').sort()).toEqual(['dax0.0', 'dax1.0']);
  expect(shell.read('/sys/bus/dax/devices/dax0.0/resource')).toBe('0x2070000000\n');
  expect(shell.read('/sys/bus/dax/devices/dax1.0/resource')).toBe('0x6070000000\n');
  expect(shell.read('/sys/bus/dax/devices/dax1.0/size')).toBe(`${256n * GIB}\n`);
});

it('memory blocks follow the alignment of the windows since Linux 6.15, so that kmem takes all of a region', () => {
  const blockSize = (kernel: string) =>
    inWindow({
      kernel,
      bare_metal: true,
      nodes: [{ cpus: 4, ram: '120GiB' }, {}],
      cxl_windows: [{ start: '0x2070000000', size: '256GiB' }],
    }).shell.read('/sys/devices/system/memory/block_size_bytes');
  expect([blockSize('6.12'), blockSize('6.15')]).toEqual(['80000000\n', '10000000\n']);
});

it('a soft reserved range that leaves its CXL windows is refused', () => {
  const content = {
    nodes: [{ cpus: 1, ram: '4GiB' }],
    cxl_windows: [{ start: '16GiB', size: '2GiB' }],
    soft_reserved: [{ start: '16GiB', size: '4GiB' }],
  };
  expect(machineFromContent(content, 'lab.yaml')).toEqual([
    { path: 'cxl_windows[0]', message: 'overlaps soft_reserved[0] at 0x400000000' },
  ]);
});
