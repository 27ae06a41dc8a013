import { describe, expect, it } from 'vitest';
import { throwBug } from '../../src/kernel/fs/guarded-file.ts';
import { machineFromContent } from '../../src/machine/parse-machine.ts';
import { createRack } from '../../src/machine/rack.ts';
import { Shell } from '../model/shell.ts';

const nodes = [
  {
    cpus: 1,
    ram: [
      { start: 0, size: '2GiB' },
      { start: '4GiB', size: '6GiB' },
    ],
  },
];

function boot(spec: object): { loaded: string[]; shell: Shell } {
  const description = machineFromContent({ auto_online: 'offline', nodes, ...spec }, 'lab.yaml');
  if (Array.isArray(description)) throw new Error(JSON.stringify(description));
  const { fileSystem, machine } = createRackOf(description);
  return { loaded: machine.modules.loaded().map(({ name }) => name), shell: new Shell(fileSystem) };
}

function createRackOf(description: Parameters<typeof createRack>[0][0]['description']) {
  const rack = createRack([{ description }], { clock: () => 0n, onBug: throwBug });
  return { fileSystem: rack.fileSystem, machine: rack.machine() };
}

describe('a machine file without modules', () => {
  it('loads the same drivers whether the firmware or the command line makes legacy persistent memory', () => {
    const told = boot({ cmdline: 'ro memmap=2G!8G' });
    const { loaded } = boot({ legacy_pmem: [{ start: '16GiB', size: '2GiB' }] });
    expect(loaded).toEqual(expect.arrayContaining(['nd_e820', 'libnvdimm', 'nd_pmem', 'nd_btt']));
    expect(told.loaded).toEqual(loaded);
    expect(told.shell.list('/sys/bus/nd/devices')).toContain('namespace0.0');
    expect(told.shell.exists('/sys/bus/nd/drivers/nd_pmem/namespace0.0')).toBe(true);
  });

  it('loads dax_hmem for what the command line soft reserves', () => {
    const { loaded, shell } = boot({ cmdline: 'ro memmap=2G%6G-1+0xefffffff' });
    expect(loaded).toEqual(['kmem', 'device_dax', 'dax_hmem', 'cxl_acpi']);
    expect(shell.list('/sys/bus/dax/devices')).toEqual(['dax0.0']);
  });

  it.each([
    ['5.5', ['dax0.0']],
    ['6.1', ['dax0.0']],
    ['6.10', ['dax0.0']],
    ['6.11', []],
  ])('efi_fake_mem=2G@6G:0x40000 on Linux %s makes %j', (kernel, devices) => {
    const { shell } = boot({ kernel, cmdline: 'ro efi_fake_mem=2G@6G:0x40000' });
    expect(shell.list('/sys/bus/dax/devices')).toEqual(devices);
    expect(String(shell.read('/proc/iomem')).includes('180000000-1ffffffff : Soft Reserved')).toBe(
      devices.length > 0,
    );
  });

  it('loads the drivers of CXL memory with those of its dax devices', () => {
    const { loaded } = boot({ cxl_windows: [{ start: '16GiB', size: '2GiB' }] });
    expect(loaded).toEqual(['kmem', 'device_dax', 'dax_cxl', 'cxl_mem', 'cxl_pci', 'cxl_acpi']);
  });

  it('loads the driver of the class model where the machine asks for that alone', () => {
    const { loaded, shell } = boot({
      class_model: 'compat',
      legacy_pmem: [{ start: '16GiB', size: '2GiB' }],
    });
    expect(loaded).toContain('dax_pmem_compat');
    expect(loaded).not.toContain('dax_pmem');
    expect(shell.exists('/sys/class/dax')).toBe(true);
  });

  it('loads nothing where it says so', () => {
    expect(boot({ modules: [], cmdline: 'memmap=2G!8G' }).loaded).toEqual([]);
  });
});
