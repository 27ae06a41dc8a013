import { describe, expect, it } from 'vitest';
import { throwBug } from '../../src/kernel/fs/guarded-file.ts';
import { machineFromContent } from '../../src/machine/parse-machine.ts';
import { createRack } from '../../src/machine/rack.ts';
import { Shell } from '../model/shell.ts';

const CONTROL = '/sys/kernel/debug/daxsim';
const HOST = '/sys/devices/platform/hmem_platform.0';
const DRIVER = '/sys/bus/platform/drivers/hmem_platform';

/** A machine with one window of 16 GiB, whose decoder has the id 0, and soft reserved memory somewhere. */
function boot(kernel: string, start: string, modules?: readonly string[]) {
  const spec = {
    kernel,
    nodes: [{ cpus: 2, ram: '4GiB' }, {}],
    soft_reserved: [{ start, size: '2GiB', node: 1 }],
    cxl_windows: [{ start: '32GiB', size: '16GiB' }],
    ...(modules && { modules }),
  };
  const description = machineFromContent(spec, 'lab.yaml');
  if (Array.isArray(description)) throw new Error(JSON.stringify(description));
  const rack = createRack([{ description }], { clock: () => 0n, onBug: throwBug });
  return { machine: rack.machine(), shell: new Shell(rack.fileSystem) };
}

const hmemOf = (shell: Shell) => shell.list(HOST).filter(name => name.startsWith('hmem.'));

describe('soft reserved memory in a CXL window that no region has (drivers/dax/hmem/hmem.c of 7.1)', () => {
  it.each([
    ['6.18', [], []],
    ['7.0', [], []],
    ['7.1', ['hmem.1'], ['dax1.0']],
    ['7.3', ['hmem.1'], ['dax1.0']],
  ])('on Linux %s makes %j', (kernel, hmem, dax) => {
    const { shell } = boot(kernel, '36GiB');
    expect(hmemOf(shell)).toEqual(hmem);
    expect(shell.list('/sys/bus/dax/devices')).toEqual(dax);
  });

  it('comes to hmem after the driver was bound, below the window in /proc/iomem', () => {
    const { machine, shell } = boot('7.1', '36GiB', []);
    expect(shell.write(`${CONTROL}/modprobe`, 'dax_hmem\n')).toBe(9);
    const { uevents } = machine.core;
    const actions: string[] = [];
    for (let at = uevents.first; at < uevents.next; at++) {
      const { action, devpath } = uevents.at(at)!;
      if (devpath.includes('hmem')) actions.push(`${action} ${devpath.split('/').at(-1)}`);
    }
    expect(actions.indexOf('bind hmem_platform.0')).toBeGreaterThan(-1);
    expect(actions.indexOf('bind hmem_platform.0')).toBeLessThan(actions.indexOf('add hmem.1'));
    shell.write(`${CONTROL}/modprobe`, 'device_dax\n');
    shell.write('/sys/bus/dax/drivers/device_dax/new_id', 'dax1.0');
    expect(shell.read('/proc/iomem')).toContain(
      '800000000-bffffffff : CXL Window 0\n  900000000-97fffffff : dax1.0\n',
    );
  });

  it('is left to CXL by every later probe of the boot', () => {
    const { shell } = boot('7.1', '36GiB');
    for (const file of ['unbind', 'bind'])
      expect(shell.write(`${DRIVER}/${file}`, 'hmem_platform.0')).toBe('hmem_platform.0'.length);
    expect(hmemOf(shell)).toEqual([]);
  });
});

describe('soft reserved memory that the firmware has committed to a region', () => {
  it.each(['6.18', '7.0', '7.1', '7.3'])('is the device of the region on Linux %s', kernel => {
    const { shell } = boot(kernel, '32GiB');
    expect(hmemOf(shell)).toEqual([]);
    expect(shell.list('/sys/bus/dax/devices')).toEqual(['dax0.0']);
    expect(shell.exists('/sys/bus/cxl/devices/dax_region0')).toBe(true);
  });
});

describe('soft reserved memory outside of all windows', () => {
  it.each(['6.18', '7.1'])('is at once the device of hmem on Linux %s', kernel => {
    const { shell } = boot(kernel, '8GiB');
    expect(shell.list('/sys/bus/dax/devices')).toEqual(['dax1.0']);
  });
});

it('dax_cxl loads dax_hmem before it, since 7.1', () => {
  const loadedBy = (kernel: string) => {
    const { machine, shell } = boot(kernel, '32GiB', []);
    shell.write(`${CONTROL}/modprobe`, 'dax_cxl\n');
    return machine.modules.loaded().map(({ name }) => name);
  };
  expect(loadedBy('7.0')).toEqual(['dax_cxl']);
  expect(loadedBy('7.1')).toContain('dax_hmem');
});

it('the configuration of kmod has no softdep line, for which kmod would pass over the install line', () => {
  const { machine, shell } = boot('6.18', '8GiB', []);
  const configuration = String(shell.read(`${CONTROL}/modprobe.conf`));
  expect(configuration).toContain(`install dax_hmem echo dax_hmem $CMDLINE_OPTS > ${CONTROL}/modprobe\n`);
  expect(configuration).not.toContain('softdep');
  shell.write(`${CONTROL}/modprobe`, 'dax_hmem\n');
  expect(machine.modules.loaded().map(({ name }) => name)).toEqual(['dax_hmem', 'cxl_acpi']);
});
