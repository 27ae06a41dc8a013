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
