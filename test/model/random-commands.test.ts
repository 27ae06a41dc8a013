import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkInvariants, checkLinks } from './invariants.ts';
import { Shell } from './shell.ts';
import { bootSmall } from './small-machine.ts';

const REGIONS = ['/sys/devices/platform/hmem.0', '/sys/devices/platform/hmem.1'];
const DRIVERS = ['device_dax', 'kmem'];
const MODULES = ['device_dax', 'kmem', 'dax_hmem'];
const STATES = ['online', 'offline', 'online_kernel', 'online_movable', 'junk'];
const MiB = 1 << 20;

const device = fc.tuple(fc.nat(1), fc.nat(4)).map(([region, id]) => `dax${region}.${id}`);
const region = fc.constantFrom(...REGIONS);
const size = fc.oneof(
  fc.integer({ min: 0, max: 1100 }).map(n => String(n * 2 * MiB)),
  fc.constantFrom('0', '4096', '1073741824', 'junk', '0x8000000'),
);
const write = (path: fc.Arbitrary<string>, text: fc.Arbitrary<string>) => fc.record({ path, text });

const command = fc.oneof(
  write(
    fc
      .constantFrom(...DRIVERS)
      .chain(driver =>
        fc
          .constantFrom('bind', 'unbind', 'new_id', 'remove_id')
          .map(file => `/sys/bus/dax/drivers/${driver}/${file}`),
      ),
    device,
  ),
  write(
    region.map(path => `${path}/dax_region/create`),
    fc.constantFrom('1', '0'),
  ),
  write(
    region.map(path => `${path}/dax_region/delete`),
    device,
  ),
  write(
    device.map(name => `/sys/bus/dax/devices/${name}/size`),
    size,
  ),
  write(
    device.map(name => `/sys/bus/dax/devices/${name}/align`),
    fc.constantFrom('4096', '2097152', '1073741824', '1'),
  ),
  write(
    device.map(name => `/sys/bus/dax/devices/${name}/mapping`),
    fc.tuple(fc.nat(1024), fc.integer({ min: 1, max: 64 })).map(([at, length]) => {
      const start = 0x180000000 + at * 2 * MiB;
      return `${start.toString(16)}-${(start + length * 2 * MiB - 1).toString(16)}`;
    }),
  ),
  write(
    fc.integer({ min: 0, max: 80 }).map(id => `/sys/devices/system/memory/memory${id}/state`),
    fc.constantFrom(...STATES),
  ),
  write(fc.constantFrom('/sys/devices/system/memory/auto_online_blocks'), fc.constantFrom(...STATES)),
  write(
    fc.constantFrom('/sys/bus/platform/drivers/hmem/unbind', '/sys/bus/platform/drivers/hmem/bind'),
    fc.constantFrom('hmem.0', 'hmem.1'),
  ),
  write(
    fc.constantFrom('/sys/kernel/debug/daxsim/modprobe', '/sys/kernel/debug/daxsim/rmmod'),
    fc.constantFrom(...MODULES),
  ),
  write(fc.constantFrom('/sys/bus/dax/drivers_autoprobe'), fc.constantFrom('0', '1')),
  write(
    fc.constantFrom('/sys/module/memory_hotplug/parameters/online_policy'),
    fc.constantFrom('contig-zones', 'auto-movable'),
  ),
);

interface Write {
  readonly path: string;
  readonly text: string;
}

function run(commands: readonly Write[]): Shell {
  const { shell, bugs, homeless } = bootSmall();
  for (const { path, text } of commands) {
    const lowest = lowestFree(shell, path);
    const result = shell.write(path, text);
    if (lowest && result === text.length) expect(shell.read(path)).toBe(`${lowest}\n`);
  }
  expect(bugs).toEqual([]);
  expect(homeless).toEqual([]);
  return shell;
}

/** The name that a write to `create` must give: the lowest instance number that no device of the region has. */
function lowestFree(shell: Shell, path: string): string | undefined {
  const match = /^(.*hmem\.(\d+))\/dax_region\/create$/.exec(path);
  if (!match) return undefined;
  const names = shell.list(match[1]!);
  let id = 0;
  while (names.includes(`dax${match[2]}.${id}`)) id++;
  return `dax${match[2]}.${id}`;
}

it('keeps the invariants of ranges, resources, blocks, links and numbers whatever is written', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), commands => {
      const shell = run(commands);
      checkInvariants(shell);
      checkLinks(shell);
    }),
    { numRuns: 500 },
  );
}, 120_000);

it('is after a reset what it was after boot', () => {
  const fresh = bootSmall().shell.snapshot();
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), commands => {
      const shell = run(commands);
      shell.write('/sys/kernel/debug/daxsim/reset', '1');
      expect(Shell.differences(fresh, shell.snapshot())).toEqual([]);
    }),
    { numRuns: 20 },
  );
}, 120_000);

/** A seed that was bound is none any more; the span of zone Device never shrinks. */
const except = ['seed', 'zoneinfo'];

it('restores the tree exactly when a device that nobody onlined is unbound', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('kmem', 'device_dax'),
      fc.array(command, { maxLength: 20 }),
      (driver, commands) => {
        const shell = run(commands);
        shell.write('/sys/devices/system/memory/auto_online_blocks', 'offline');
        const before = shell.snapshot({ except });
        const unbound = shell
          .list('/sys/bus/dax/devices')
          .filter(name => !shell.exists(`/sys/bus/dax/devices/${name}/driver`));
        for (const name of unbound) {
          if (shell.write(`/sys/bus/dax/drivers/${driver}/bind`, name) !== name.length) continue;
          expect(shell.write(`/sys/bus/dax/drivers/${driver}/unbind`, name)).toBe(name.length);
          expect(Shell.differences(before, shell.snapshot({ except }))).toEqual([]);
        }
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);
