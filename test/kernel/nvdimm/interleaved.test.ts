import { describe, expect, it } from 'vitest';
import { AcpiBus } from '../../../src/kernel/acpi/acpi.ts';
import { ModuleLoader } from '../../../src/kernel/base/module.ts';
import { isErrno } from '../../../src/kernel/lib/errno.ts';
import { IdAllocator } from '../../../src/kernel/lib/id-allocator.ts';
import { registerNvdimm } from '../../../src/kernel/nvdimm/modules.ts';
import { NvdimmSubsystem } from '../../../src/kernel/nvdimm/nvdimm.ts';
import { Shell } from '../../model/shell.ts';
import { DaxMachine } from '../dax/machine.ts';

const GIB = 1n << 30n;
const START = 64n * GIB;

/** A region of 2 GiB over two DIMMs. */
function bootInterleaved() {
  const { bus: dax, platform, vfs, core } = new DaxMachine();
  Object.assign(dax.memory, { nodes: { nearestOnline: () => 0 } });
  const dimm = { sizeBytes: GIB, labelBytes: 131072n };
  const nvdimm = new NvdimmSubsystem({
    acpi: new AcpiBus(core),
    platform,
    dax,
    memregions: new IdAllocator(),
    nfit: [{ start: START, end: START + 2n * GIB - 1n, targetNode: 1, dimms: [dimm, dimm] }],
    legacyPmem: [],
  });
  const modules = new ModuleLoader(core, registerNvdimm(nvdimm), () => new Map());
  for (const name of ['nmem0', 'nmem1']) nvdimm.initLabels(name, '1.2');
  modules.modprobe('nfit');
  const shell = new Shell(vfs);
  const path = (device: string, attribute: string) => `/sys/bus/nd/devices/${device}/${attribute}`;
  return {
    nvdimm,
    read: (device: string, attribute: string) => shell.read(path(device, attribute)),
    write: (device: string, attribute: string, text: string) => {
      const taken = shell.write(path(device, attribute), text);
      return isErrno(taken) ? taken.name : 'OK';
    },
  };
}

describe('a region over two DIMMs', () => {
  it('maps half of itself to each', () => {
    const { read } = bootInterleaved();
    expect(read('region0', 'mappings')).toBe('2\n');
    expect(read('region0', 'mapping0')).toBe('nmem0,0,1073741824,0\n');
    expect(read('region0', 'mapping1')).toBe('nmem1,0,1073741824,1\n');
    expect(read('region0', 'mapping2')).toMatchObject({ name: 'ENOENT' });
    expect(read('nmem1', 'nfit/serial')).toBe('0x57341200\n');
  });

  it('labels a namespace on both, half of the size on each', () => {
    const { nvdimm, read, write } = bootInterleaved();
    expect(write('namespace0.0', 'uuid', '11111111-2222-4333-8444-555555555555')).toBe('OK');
    expect(write('namespace0.0', 'size', String(512n << 20n))).toBe('OK');
    for (const { labels } of nvdimm.dimms[0]!) {
      expect(labels!.labels).toMatchObject([{ dpa: 0n, size: 256n << 20n }]);
    }
    expect(read('namespace0.0', 'dpa_extents')).toBe('2\n');
    expect(read('region0', 'available_size')).toBe(`${2n * GIB - (512n << 20n)}\n`);
  });

  it('takes an align only when each DIMM gets a power of two of pages', () => {
    const { write } = bootInterleaved();
    expect(write('region0', 'align', '4096')).toBe('EINVAL');
    expect(write('region0', 'align', '8192')).toBe('OK');
    expect(write('region0', 'align', '24576')).toBe('EINVAL');
  });
});
