import { expect, it } from 'vitest';
import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import { machineFromContent } from '../../../src/machine/parse-machine.ts';
import { createRack } from '../../../src/machine/rack.ts';
import { Shell } from '../../model/shell.ts';

const DIRECTORY = '/sys/kernel/mm/mempolicy/weighted_interleave';
const DEMOTION = '/sys/kernel/mm/numa/demotion_enabled';

function boot(kernel: string): Shell {
  const content = {
    kernel,
    nodes: [{ cpus: 2, ram: '4GiB' }, {}],
    soft_reserved: [{ size: '1GiB', node: 1 }],
  };
  const description = machineFromContent(content, 'lab.yaml');
  if (Array.isArray(description)) throw new Error(JSON.stringify(description));
  return new Shell(createRack([{ description }], { clock: () => 0n, onBug: throwBug }).fileSystem);
}

it('weighted_interleave has a weight for each possible node since Linux 6.9', () => {
  expect(boot('6.8').exists(DIRECTORY)).toBe(false);
  const shell = boot('6.9');
  expect(shell.list(DIRECTORY).sort()).toEqual(['node0', 'node1']);
  expect(shell.read(`${DIRECTORY}/node1`)).toBe('1\n');
});

it('a weight is 1 to 255, and the default again after 0 or nothing', () => {
  const shell = boot('6.12');
  const after = (text: string) => {
    const taken = shell.write(`${DIRECTORY}/node0`, text);
    return [typeof taken === 'number' ? 'OK' : taken.name, shell.read(`${DIRECTORY}/node0`)];
  };
  expect(after('4\n')).toEqual(['OK', '4\n']);
  expect(after('255\n')).toEqual(['OK', '255\n']);
  expect(after('256\n')).toEqual(['EINVAL', '255\n']);
  expect(after('-1\n')).toEqual(['EINVAL', '255\n']);
  expect(after('0\n')).toEqual(['OK', '1\n']);
  after('7\n');
  expect(after('\n')).toEqual(['OK', '1\n']);
});

it.each([
  ['5.10', 'ENOENT'],
  ['5.15', 'false\n'],
  ['5.18', 'false\n'],
  ['6.1', 'false\n'],
])('demotion_enabled on Linux %s reads %j', (kernel, content) => {
  const shell = boot(kernel);
  const text = shell.read(DEMOTION);
  expect(typeof text === 'string' ? text : text.name).toBe(content);
  if (content === 'ENOENT') return;
  shell.write(DEMOTION, '1');
  expect(shell.read(DEMOTION)).toBe('true\n');
});

it('the firmware map is what the firmware gave, in entries of three files', () => {
  const content = {
    cmdline: 'memmap=1G!4G',
    nodes: [{ cpus: 2, ram: '8GiB' }],
    soft_reserved: [{ start: '16GiB', size: '1GiB' }],
  };
  const description = machineFromContent(content, 'lab.yaml');
  if (Array.isArray(description)) throw new Error(JSON.stringify(description));
  const shell = new Shell(createRack([{ description }], { clock: () => 0n, onBug: throwBug }).fileSystem);
  const entries = shell.list('/sys/firmware/memmap').map(name => {
    const [start, end, type] = ['start', 'end', 'type'].map(file =>
      String(shell.read(`/sys/firmware/memmap/${name}/${file}`)).trim(),
    );
    return `${start}-${end} ${type}`;
  });
  expect(entries).toContain('0x400000000-0x43fffffff Soft Reserved');
  expect(entries).toContain('0x100000000-0x27fffffff System RAM');
  expect(entries.filter(entry => entry.includes('Persistent'))).toEqual([]);
});

it('a CPU has caches, and a kernel its list of vulnerabilities', () => {
  const shell = boot('6.12');
  const cpu = '/sys/devices/system/cpu';
  const cache = (file: string) => shell.read(`${cpu}/cpu1/cache/index3/${file}`);
  expect(['level', 'type', 'size', 'number_of_sets', 'shared_cpu_list'].map(cache)).toEqual([
    '3\n',
    'Unified\n',
    '16384K\n',
    '16384\n',
    '0-1\n',
  ]);
  expect(shell.read(`${cpu}/cpu1/cache/index0/shared_cpu_list`)).toBe('1\n');
  expect(shell.read(`${cpu}/vulnerabilities/meltdown`)).toBe('Not affected\n');
  expect(shell.exists(`${cpu}/vulnerabilities/tsa`)).toBe(false);
  expect([boot('6.1'), shell].map(each => each.exists(`${cpu}/crash_hotplug`))).toEqual([false, true]);
  expect(['5.4', '5.8'].map(kernel => boot(kernel).exists(`${cpu}/vulnerabilities/srbds`))).toEqual([
    false,
    true,
  ]);
});
