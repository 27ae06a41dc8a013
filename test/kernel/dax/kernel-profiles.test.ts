import { describe, expect, it } from 'vitest';
import { EACCES, EBUSY, EINVAL, ENODEV, ENXIO } from '../../../src/kernel/lib/errno.ts';
import type { Shell } from '../../model/shell.ts';
import { boot, DAX, DRIVERS, HMEM, logged } from './booted.ts';

const driverOf = (shell: Shell): string | undefined =>
  ['kmem', 'device_dax'].find(driver => shell.exists(`${DRIVERS}/${driver}/dax0.0`));

describe.each([
  ['6.12', 'kmem'],
  ['6.6', 'kmem'],
  ['6.1', 'device_dax'],
  ['5.10', 'device_dax'],
  ['5.4', 'device_dax'],
])('kernel %s', (kernel, driver) => {
  it(`gives soft-reserved memory to ${driver} by itself`, () => {
    expect(driverOf(boot(kernel))).toBe(driver);
  });
});

describe('before 6.3', () => {
  it.each(['6.1', '5.10', '5.4'])('kmem of %s wants ids, and device_dax takes every device', kernel => {
    const shell = boot(kernel);
    shell.write(`${DRIVERS}/device_dax/unbind`, 'dax0.0');
    expect(shell.write(`${DRIVERS}/kmem/bind`, 'dax0.0')).toEqual(ENODEV);
    expect(shell.write(`${DRIVERS}/device_dax/bind`, 'dax0.0')).toBe(6);
    shell.write(`${DRIVERS}/device_dax/unbind`, 'dax0.0');
    expect(shell.write(`${DRIVERS}/kmem/new_id`, 'dax0.0')).toBe(6);
    expect(driverOf(shell)).toBe('kmem');
  });

  it.each(['6.1', '5.10'])(
    'hmem.N of %s exists from boot with an iomem entry, without hmem_platform.0',
    kernel => {
      const shell = boot(kernel);
      expect(shell.exists('/sys/devices/platform/hmem_platform.0')).toBe(false);
      expect(shell.read('/proc/iomem')).toContain('180000000-1ffffffff : hmem.0\n');
      expect(boot('6.12').read('/proc/iomem')).not.toContain('hmem.0');
    },
  );
});

describe('before 6.8', () => {
  it('there is no memmap_on_memory', () => {
    expect(boot('6.6').exists(`${DAX}/memmap_on_memory`)).toBe(false);
    expect(boot('6.12').exists(`${DAX}/memmap_on_memory`)).toBe(true);
  });

  it('a mapping of odd length is ENXIO, where 6.12 ignores it', () => {
    const odd = '180000000-180000fff';
    for (const kernel of ['6.6', '6.1', '5.10'])
      expect(boot(kernel).write(`${DAX}/mapping`, odd)).toEqual(ENXIO);
    expect(boot('6.12').write(`${DAX}/mapping`, odd)).toBe(odd.length);
  });
});

describe('before 6.1', () => {
  it('there are no memory tiers', () => {
    expect(boot('5.10').exists('/sys/devices/virtual/memory_tiering')).toBe(false);
    expect(boot('6.1').exists('/sys/devices/virtual/memory_tiering/memory_tier4')).toBe(true);
  });
});

describe('before 6.11', () => {
  it.each(['6.6', '6.1', '5.10'])('%s logs a failed probe with the driver first', kernel => {
    const shell = boot(kernel, '2MiB');
    shell.write(`${DRIVERS}/device_dax/unbind`, 'dax0.0');
    shell.write('/sys/bus/dax/drivers_autoprobe', '0');
    shell.write(`${DRIVERS}/kmem/new_id`, 'dax0.0');
    const log = `${shell.read('/sys/kernel/debug/daxsim/log')}`;
    expect(log.includes('kmem: probe of dax0.0 failed with error -22\n')).toBe(kernel !== '5.10');
    expect(log).not.toContain('probe with driver');
  });
});

describe('before 5.17', () => {
  it('device_dax forgets the page map of a failed probe', () => {
    for (const [kernel, errno] of [
      ['6.1', EINVAL],
      ['5.10', ENODEV],
    ] as const) {
      const shell = boot(kernel);
      shell.write(`${DRIVERS}/device_dax/unbind`, 'dax0.0');
      shell.write(`${DRIVERS}/kmem/new_id`, 'dax0.0');
      shell.write('/sys/devices/system/memory/memory48/online', '1');
      shell.write(`${DRIVERS}/kmem/unbind`, 'dax0.0');
      shell.write(`${DRIVERS}/device_dax/bind`, 'dax0.0');
      const again = () => expect(shell.write(`${DRIVERS}/device_dax/bind`, 'dax0.0')).toEqual(errno);
      const expected =
        kernel === '6.1' ? 'dynamic-dax with pre-populated page map' : 'could not reserve range';
      expect(logged(shell, again)[0]).toContain(expected);
    }
  });
});

describe('before 5.15', () => {
  it('kmem has a device without a whole memory block, and nothing of it', () => {
    const kmemHasIt = (kernel: string): boolean => {
      const shell = boot(kernel, '2MiB');
      shell.write(`${DRIVERS}/device_dax/unbind`, 'dax0.0');
      shell.write(`${DRIVERS}/kmem/new_id`, 'dax0.0');
      const has = driverOf(shell) === 'kmem';
      expect(shell.read('/proc/iomem')).not.toContain('System RAM (kmem)');
      expect(shell.write(`${DRIVERS}/kmem/unbind`, 'dax0.0')).toEqual(has ? 6 : ENODEV);
      return has;
    };
    expect(kmemHasIt('6.1')).toBe(false);
    expect(kmemHasIt('5.10')).toBe(true);
  });
});

describe('before 5.14', () => {
  it('bind answers ENODEV whatever went wrong', () => {
    const bindBound = (kernel: string) => boot(kernel).write(`${DRIVERS}/device_dax/bind`, 'dax0.0');
    expect(bindBound('6.1')).toEqual(EBUSY);
    expect(bindBound('5.10')).toEqual(ENODEV);
  });
});

describe('before 5.10', () => {
  it('a region is one device of fixed size', () => {
    const shell = boot('5.4');
    for (const name of ['create', 'delete', 'seed', 'available_size'])
      expect(shell.exists(`${HMEM}/dax_region/${name}`), name).toBe(false);
    expect(shell.exists(`${DAX}/mapping`)).toBe(false);
    expect(shell.write(`${DAX}/size`, '0')).toEqual(EACCES);
    expect(shell.write(`${DAX}/align`, '4096')).toEqual(EACCES);
  });

  it('a device has no numa_node and no mappings, and kmem calls its memory System RAM', () => {
    const shell = boot('5.4');
    expect(shell.list(DAX).filter(name => name === 'numa_node' || name.startsWith('mapping'))).toEqual([]);
    shell.write(`${DRIVERS}/device_dax/unbind`, 'dax0.0');
    shell.write(`${DRIVERS}/kmem/new_id`, 'dax0.0');
    expect(shell.read('/proc/iomem')).toContain('  180000000-1ffffffff : System RAM\n');
  });

  it('auto_online_blocks knows no zones', () => {
    const file = '/sys/devices/system/memory/auto_online_blocks';
    expect(boot('5.4').write(file, 'online_movable')).toEqual(EINVAL);
    expect(boot('5.4').write(file, 'online')).toBe(6);
    expect(boot('5.10').write(file, 'online_movable')).toBe(14);
  });

  it('and 5.10 has dynamic regions', () => {
    const shell = boot('5.10');
    shell.write(`${DRIVERS}/device_dax/unbind`, 'dax0.0');
    expect(shell.write(`${DAX}/size`, '1')).toEqual(EINVAL);
    expect(shell.write(`${DAX}/size`, '0x40000000')).toBe(10);
    expect(shell.read(`${HMEM}/dax_region/available_size`)).toBe('1073741824\n');
  });
});

describe('5.10', () => {
  const NODE = '/sys/devices/system/node/node1';
  const BLOCK = '/sys/devices/system/memory/memory48';

  /** All of the range given to kmem, a block of it online. */
  function online(kernel: string): Shell {
    const shell = boot(kernel);
    shell.write(`${DRIVERS}/device_dax/unbind`, 'dax0.0');
    shell.write(`${DRIVERS}/kmem/new_id`, 'dax0.0');
    shell.write(`${BLOCK}/state`, 'online');
    return shell;
  }

  it('gives dax the major that its own recording has', () => {
    expect(boot('5.10').read(`${DAX}/dev`)).toBe('253:0\n');
    expect(boot('6.1').read(`${DAX}/dev`)).toBe('252:0\n');
  });

  it('has huge pages of a node only while it has memory, and none to split', () => {
    const shell = online('5.10');
    expect(shell.list(`${NODE}/hugepages/hugepages-1048576kB`)).not.toContain('demote');
    shell.write(`${BLOCK}/state`, 'offline');
    expect(shell.exists(`${NODE}/hugepages`)).toBe(false);
    const later = online('6.1');
    later.write(`${BLOCK}/state`, 'offline');
    expect(later.exists(`${NODE}/hugepages`)).toBe(true);
  });

  it('tells of offlined pages and not of fallback orders', () => {
    const shell = boot('5.10');
    const log = logged(shell, () => {
      shell.write(`${DRIVERS}/device_dax/unbind`, 'dax0.0');
      shell.write(`${DRIVERS}/kmem/new_id`, 'dax0.0');
      shell.write(`${BLOCK}/state`, 'online');
      shell.write(`${BLOCK}/state`, 'offline');
    });
    expect(log).toContain('Offlined Pages 32768');
    expect(log.join()).not.toContain('Fallback order');
  });

  it('has none of the counters, files and parameters that came later', () => {
    const shell = boot('5.10');
    expect(shell.read(`${NODE.replace('1', '0')}/meminfo`)).not.toMatch(/SwapCached|SecPageTables/);
    expect(shell.read('/proc/zoneinfo')).not.toMatch(/boost|\n +cma|pgpromote/);
    expect(shell.exists(`${NODE.replace('1', '0')}/x86`)).toBe(false);
    expect(shell.exists('/sys/module/page_reporting')).toBe(false);
  });
});
