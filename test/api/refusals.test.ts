import { describe, expect, it } from 'vitest';
import { bootMachine } from '../../src/api/index.ts';
import { CONTROL_DIRECTORY } from '../../src/machine/control-directory.ts';

const DAX = '/sys/bus/dax/devices/dax0.0';
const DRIVERS = '/sys/bus/dax/drivers';
const MEMORY = '/sys/devices/system/memory';

type Step = readonly [path: string, text: string];

/** A machine whose dax0.0 no driver has. */
function unbound(...steps: Step[]): readonly Step[] {
  return [[`${DRIVERS}/kmem/unbind`, 'dax0.0'], ...steps];
}

async function records(steps: readonly Step[]) {
  const machine = await bootMachine();
  for (const [path, text] of steps) {
    try {
      machine.write(path, text);
    } catch {}
  }
  const text = machine.read(`${CONTROL_DIRECTORY}/refusals`);
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));
}

describe('why it was refused', () => {
  it.each<[errno: string, reason: string, steps: readonly Step[]]>([
    ['EINVAL', 'size 1000 is no multiple of 2 MiB (align)', unbound([`${DAX}/size`, '1000'])],
    ['EINVAL', '"2G" is no number: the kernel takes no units here', unbound([`${DAX}/size`, '2G'])],
    ['EBUSY', 'dax0.0 is bound to kmem: unbind it first', [[`${DAX}/size`, '0']]],
    [
      'ENOSPC',
      '2 GiB more are wanted, and 0 B of the region are free',
      unbound([`${DAX}/size`, String(4n << 30n)]),
    ],
    ['EINVAL', 'align 3 is none of 4096, 2097152, 1073741824', unbound([`${DAX}/align`, '3'])],
    ['EBUSY', 'dax0.0 is bound to kmem: unbind it first', [[`${DRIVERS}/kmem/bind`, 'dax0.0']]],
    [
      'ENODEV',
      'device_dax does not match dax0.0: write that to new_id first',
      [[`${DRIVERS}/device_dax/bind`, 'dax0.0']],
    ],
    [
      'ENODEV',
      'there is no device "dax9.9", and device_dax lets go only what it has',
      [[`${DRIVERS}/device_dax/unbind`, 'dax9.9']],
    ],
    [
      'ENXIO',
      'dax0.0 has no memory: write its size first',
      unbound([`${DAX}/size`, '0'], [`${DRIVERS}/kmem/bind`, 'dax0.0']),
    ],
    ['EINVAL', '"dax" is no name of a dax device, as daxN.M', [[`${DRIVERS}/kmem/new_id`, 'dax']]],
    [
      'EBUSY',
      'dax0.0 has 2 GiB: write 0 to its size first',
      unbound(['/sys/devices/platform/hmem.0/dax_region/delete', 'dax0.0']),
    ],
    [
      'ENOSPC',
      'nothing of the region is free: shrink a device first',
      [['/sys/devices/platform/hmem.0/dax_region/create', '1']],
    ],
    ['EINVAL', 'memory80 is offline already', [[`${MEMORY}/memory80/state`, 'offline']]],
    [
      'EINVAL',
      '"on" is none of offline, online, online_kernel, online_movable',
      [[`${MEMORY}/memory80/state`, 'on']],
    ],
    ['EACCES', 'nobody may write it, not even root', [[`${MEMORY}/block_size_bytes`, '1']]],
    ['ENOENT', 'this kernel has no module nonesuch', [[`${CONTROL_DIRECTORY}/modprobe`, 'nonesuch']]],
  ])('%s: %s', async (errno, reason, steps) => {
    expect(await records(steps)).toEqual([expect.objectContaining({ errno, reason })]);
  });

  it('is told with time, process, path and what was written', async () => {
    expect(await records(unbound([`${DAX}/size`, '1000\n']))).toEqual([
      {
        time: expect.any(Number),
        pid: 1,
        comm: 'daxsim',
        uid: 0,
        operation: 'write',
        path: '/sys/devices/platform/hmem.0/dax0.0/size',
        written: '1000\n',
        errno: 'EINVAL',
        reason: 'size 1000 is no multiple of 2 MiB (align)',
      },
    ]);
  });

  it('is part of the error that a program gets from the library', async () => {
    const machine = await bootMachine();
    expect(() => machine.write(`${DAX}/size`, 0)).toThrow(
      `EBUSY: write '${DAX}/size': dax0.0 is bound to kmem: unbind it first`,
    );
  });

  it('is not told of what succeeds, nor of a file that is not there', async () => {
    const machine = await bootMachine();
    machine.write(`${DRIVERS}/kmem/unbind`, 'dax0.0');
    expect(machine.exists('/sys/nonesuch')).toBe(false);
    expect(machine.read(`${CONTROL_DIRECTORY}/refusals`)).toBe('');
  });

  it('starts anew with each boot', async () => {
    const machine = await bootMachine();
    expect(() => machine.write(`${DAX}/size`, 0)).toThrow();
    machine.reset();
    expect(machine.read(`${CONTROL_DIRECTORY}/refusals`)).toBe('');
  });
});
