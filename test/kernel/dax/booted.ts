import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import { isErrors } from '../../../src/machine/description.ts';
import { fromSpec } from '../../../src/machine/from-spec.ts';
import { createRack } from '../../../src/machine/rack.ts';
import { Shell } from '../../model/shell.ts';

export const DRIVERS = '/sys/bus/dax/drivers';
export const HMEM = '/sys/devices/platform/hmem.0';
export const DAX = `${HMEM}/dax0.0`;

/** One machine under any kernel: 2 GiB (or `size`) soft reserved at 6 GiB, all modules loaded. */
export function boot(kernel: string, size = '2GiB'): Shell {
  const description = fromSpec(
    {
      kernel,
      auto_online: 'offline',
      nodes: [{ cpus: 2, ram: '4GiB', distances: [10, 20] }, { distances: [20, 10] }],
      soft_reserved: [{ start: 0x180000000, size, node: 1 }],
    },
    'profile',
  );
  if (isErrors(description)) throw new Error(JSON.stringify(description));
  const { fileSystem } = createRack([{ description }], {
    clock: () => 0n,
    onBug: throwBug,
  });
  return new Shell(fileSystem);
}

/** What the kernel logs while `act` runs. */
export function logged(shell: Shell, act: () => void): string[] {
  const log = (): string[] => `${shell.read('/sys/kernel/debug/daxsim/log')}`.split('\n').slice(0, -1);
  const before = log().length;
  act();
  return log()
    .slice(before)
    .map(line => line.replace(/^\[.*?\] /, ''));
}
