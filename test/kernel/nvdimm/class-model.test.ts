import { describe, expect, it } from 'vitest';
import type { Inode } from '../../../src/kernel/fs/file-system.ts';
import { S_IFREG } from '../../../src/kernel/lib/stat.ts';
import { PmemMachine } from './machine.ts';

const MODULES = ['modprobe nfit', 'modprobe nd_pmem', 'modprobe kmem'];

function boot(dax: readonly string[], options: { kernel?: string; classModel?: 'bus' | 'compat' } = {}) {
  const before = [...MODULES, ...dax.map(name => `modprobe ${name}`)];
  const machine = new PmemMachine({ kernel: '5.10', classModel: 'compat', ...options, before });
  machine.makeDevdax('ram');
  return machine;
}

/** As makeDevdax, for the driver of the class model. */
function bootCompat(): PmemMachine {
  const machine = boot(['dax_pmem_compat']);
  expect(machine.bind('dax_pmem_compat', 'dax0.0')).toBe('OK');
  return machine;
}

function typeOf(machine: PmemMachine, path: string): number {
  return (machine.shell.resolve(path) as Inode).type;
}

const LINK = '/sys/class/dax/dax0.0';

describe('the class model', () => {
  const machine = bootCompat();

  it('shows the device in its class, below a directory of the class', () => {
    const link = machine.shell.resolve(LINK, false);
    expect(machine.rack.fileSystem.readlink(link as never)).toMatch(/\/region0\/dax0\.0\/dax\/dax0\.0$/);
    expect(machine.read(`${LINK}/size`)).toBe('1071644672\n');
    expect(machine.read(`${LINK}/uevent`)).toBe('MAJOR=253\nMINOR=0\nDEVNAME=dax0.0\n');
    expect(machine.shell.exists('/dev/dax0.0')).toBe(true);
  });

  it('links the device that it is made of, as every device of a class does', () => {
    const link = machine.shell.resolve(`${LINK}/device`, false);
    expect(machine.rack.fileSystem.readlink(link as never)).toBe('../../../dax0.0');
    expect(machine.read(`${LINK}/device/modalias`)).toBe('nd:t7\n');
  });

  it('is a file in /dev where the machine has files for device nodes, whose number leads to the class', () => {
    const before = [...MODULES, 'modprobe dax_pmem_compat'];
    const files = new PmemMachine({ kernel: '5.10', classModel: 'compat', devNodes: 'file', before });
    files.makeDevdax('ram');
    files.bind('dax_pmem_compat', 'dax0.0');
    expect(typeOf(files, '/dev/dax0.0')).toBe(S_IFREG);
    expect(files.shell.list('/sys/kernel/debug/daxsim/mem')).toEqual(['dax0.0']);
    const subsystem = files.shell.resolve('/sys/dev/char/0:0/subsystem', false);
    expect(files.rack.fileSystem.readlink(subsystem as never)).toBe('../../../class/dax');
    files.unbind('dax_pmem_compat', 'dax0.0');
    expect(files.shell.exists('/dev/dax0.0')).toBe(false);
    expect(files.shell.list('/sys/kernel/debug/daxsim/mem')).toEqual([]);
  });

  it('has no driver, nothing on the bus, and nothing that could give it to kmem', () => {
    expect(machine.shell.exists(`${LINK}/driver`)).toBe(false);
    expect(machine.shell.list('/sys/bus/dax/devices')).toEqual([]);
    expect(machine.write('/sys/bus/dax/drivers/kmem/new_id', 'dax0.0')).toBe('OK');
    expect(machine.write('/sys/bus/dax/drivers/kmem/bind', 'dax0.0')).toBe('ENODEV');
  });

  it('has the device live at once, with its range claimed', () => {
    const inode = machine.shell.resolve('/dev/dax0.0');
    const file = machine.rack.fileSystem.open(inode as never, 0, { uid: 0, gid: 0, pid: 1 });
    expect(file).not.toHaveProperty('name', 'ENXIO');
    expect(machine.iomem()).toContain('180200000-1bfffffff : dax0.0');
  });

  it('leaves nothing behind', () => {
    const other = bootCompat();
    expect(other.unbind('dax_pmem_compat', 'dax0.0')).toBe('OK');
    expect(other.shell.exists(LINK)).toBe(false);
    expect(other.shell.list('/sys/bus/nd/devices/dax0.0')).not.toContain('dax');
    expect(other.iomem()).toEqual(['180000000-1bfffffff : Persistent Memory']);
  });

  it('is not on kernels that never had it, or where it was not chosen', () => {
    expect(boot([], { kernel: '6.12' }).shell.exists('/sys/class/dax')).toBe(false);
    expect(boot([], { classModel: 'bus' }).shell.exists('/sys/class/dax')).toBe(false);
  });
});

describe('the migration of a distribution', () => {
  it('from class to bus is another module, and gives the same device to kmem', () => {
    const machine = bootCompat();
    const size = machine.read(`${LINK}/size`);
    expect(machine.control('rmmod', 'dax_pmem_compat')).toBe('OK');
    expect(machine.control('modprobe', 'dax_pmem')).toBe('OK');
    const device = '/sys/bus/dax/devices/dax0.0';
    expect(machine.read(`${device}/size`)).toBe(size);
    expect(machine.shell.exists(LINK)).toBe(false);
    expect(machine.shell.exists('/sys/bus/dax/drivers/device_dax/dax0.0')).toBe(true);
    machine.write('/sys/bus/dax/drivers/device_dax/unbind', 'dax0.0');
    machine.write('/sys/bus/dax/drivers/kmem/new_id', 'dax0.0');
    expect(machine.shell.exists('/sys/bus/dax/drivers/kmem/dax0.0')).toBe(true);
  });

  it('needs the compat module gone: whichever came first has the device', () => {
    const machine = bootCompat();
    machine.control('modprobe', 'dax_pmem');
    expect(machine.shell.exists('/sys/bus/nd/drivers/dax_pmem_compat/dax0.0')).toBe(true);
    expect(machine.bind('dax_pmem', 'dax0.0')).toBe('ENODEV');
  });
});
