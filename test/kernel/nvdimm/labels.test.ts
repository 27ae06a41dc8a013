import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributeFile } from '../../../src/kernel/fs/attribute-file.ts';
import { LabelArea } from '../../../src/kernel/nvdimm/label-area.ts';
import { NdNamespace } from '../../../src/kernel/nvdimm/namespace.ts';
import { GIB, PmemMachine } from './machine.ts';

const MIB = 1n << 20n;
const UUID = (n: number): string => `11111111-2222-4333-8444-00000000000${n}`;

function labelled(version = '1.2'): PmemMachine {
  const machine = new PmemMachine();
  machine.unbind('nd_region', 'region0');
  machine.control('nvdimm', `init-labels nmem0 ${version}`);
  machine.unbind('nvdimm', 'nmem0');
  machine.bind('nvdimm', 'nmem0');
  machine.bind('nd_region', 'region0');
  return machine;
}

function allocate(machine: PmemMachine, namespace: string, n: number, mebibytes: number): string {
  machine.setNd(namespace, 'uuid', UUID(n));
  return machine.setNd(namespace, 'size', String(BigInt(mebibytes) * MIB));
}

/** Binds the namespace, so that the next seed appears. */
function use(machine: PmemMachine, namespace: string): void {
  expect(machine.bind('nd_pmem', namespace)).toBe('OK');
}

describe('the label area', () => {
  it.each([
    ['1.1', 1020],
    ['1.2', 510],
  ] as const)('of 128 KiB has, in version %s, %i slots', (version, slots) => {
    const area = new LabelArea(131072);
    area.init(version);
    expect(area.slots).toBe(slots);
  });

  it('is disregarded until it is initialised and its DIMM is enabled anew', () => {
    const machine = new PmemMachine();
    expect(machine.nd('nmem0', 'flags')).toBe('\n');
    expect(machine.nd('region0', 'nstype')).toBe('4\n');
    expect(machine.control('nvdimm', 'init-labels nmem0 1.1')).toBe('EBUSY');
    machine.unbind('nd_region', 'region0');
    expect(machine.control('nvdimm', 'init-labels nmem0 1.1')).toBe('OK');
    machine.bind('nd_region', 'region0');
    expect(machine.nd('nmem0', 'available_slots')).toBe('1019\n');
    expect(machine.nd('region0', 'nstype')).toBe('4\n');
    expect(machine.control('nvdimm', 'zero-labels nmem0')).toBe('EBUSY');
  });

  it('may be initialised when the machine boots, so that its first namespace needs no ioctl', () => {
    const machine = new PmemMachine({ labelsInitialized: true });
    expect(machine.nd('region0', 'nstype')).toBe('5\n');
    expect(machine.nd('region0', 'available_size')).toBe(`${1n << 30n}\n`);
  });

  it('may be enabled below a region in use, whose devices are then of another type', () => {
    const machine = new PmemMachine();
    const cacheable = (device: string): boolean =>
      (machine.shell.resolve(`/sys/bus/nd/devices/${device}/modalias`) as AttributeFile<object>).cacheable;
    expect(machine.nd('btt0.0', 'modalias')).toBe('nd:t4\n');
    machine.unbind('nd_region', 'region0');
    machine.control('nvdimm', 'init-labels nmem0');
    machine.bind('nd_region', 'region0');
    machine.unbind('nvdimm', 'nmem0');
    machine.bind('nvdimm', 'nmem0');
    expect(machine.nd('btt0.0', 'modalias')).toBe('nd:t5\n');
    expect(['btt0.0', 'pfn0.0', 'dax0.0', 'region0'].map(cacheable)).toEqual([false, false, true, true]);
  });

  it('of version 1.1 goes with the older interleave set cookie', () => {
    expect(labelled('1.1').nd('region0', 'set_cookie')).toBe('0x2468ac00123456\n');
    expect(labelled('1.2').nd('region0', 'set_cookie')).toBe('0xba90120012b4dc\n');
  });

  it.each(['init-labels', 'init-labels nmem7', 'init-labels nmem0 2.0', 'zero 1', 'what'])(
    'control %j is refused',
    text => {
      expect(['EINVAL', 'ENODEV']).toContain(new PmemMachine().control('nvdimm', text));
    },
  );
});

describe('a labelled namespace', () => {
  it('needs a uuid, a multiple of the region align, and room', () => {
    const machine = labelled();
    expect(machine.setNd('namespace0.0', 'size', '16777216')).toBe('ENXIO');
    expect(machine.setNd('namespace0.0', 'uuid', 'x')).toBe('EINVAL');
    expect(machine.setNd('namespace0.0', 'uuid', UUID(1))).toBe('OK');
    expect(machine.setNd('namespace0.0', 'size', '16777217')).toBe('EINVAL');
    expect(machine.setNd('namespace0.0', 'size', String(1025n * 16n * MIB))).toBe('ENOSPC');
    expect(machine.setNd('namespace0.0', 'size', String(512n * MIB))).toBe('OK');
    expect(machine.nd('namespace0.0', 'resource')).toBe('0x180000000\n');
    expect(machine.nd('namespace0.0', 'dpa_extents')).toBe('1\n');
    expect(machine.nd('nmem0', 'available_slots')).toBe('508\n');
    expect(machine.nd('region0', 'available_size')).toBe('536870912\n');
  });

  it('is put where it first fits, and grows only next to itself', () => {
    const machine = labelled();
    for (const [i, size] of [256, 256, 256].entries()) {
      expect(allocate(machine, `namespace0.${i}`, i + 1, size)).toBe('OK');
      use(machine, `namespace0.${i}`);
    }
    machine.unbind('nd_pmem', 'namespace0.1');
    expect(machine.setNd('namespace0.1', 'size', '0')).toBe('OK');
    expect(machine.shell.exists('/sys/bus/nd/devices/namespace0.1')).toBe(false);
    expect(machine.nd('region0', 'max_available_extent')).toBe(`${256n * MIB}\n`);
    expect(allocate(machine, 'namespace0.3', 4, 128)).toBe('OK');
    expect(machine.nd('namespace0.3', 'resource')).toBe('0x190000000\n');
    expect(machine.setNd('namespace0.3', 'size', String(256n * MIB))).toBe('OK');
    expect(machine.setNd('namespace0.3', 'size', String(512n * MIB))).toBe('ENOSPC');
  });

  it('has a uuid that nothing else on the bus has, itself included', () => {
    const machine = labelled();
    allocate(machine, 'namespace0.0', 1, 256);
    use(machine, 'namespace0.0');
    machine.setNd('btt0.0', 'uuid', UUID(2));
    machine.setNd('pfn0.0', 'uuid', UUID(3));
    machine.setNd('dax0.0', 'uuid', UUID(4));
    for (const taken of [1, 2, 3]) expect(machine.setNd('namespace0.1', 'uuid', UUID(taken))).toBe('EINVAL');
    expect(machine.setNd('namespace0.1', 'uuid', UUID(4))).toBe('OK');
    expect(machine.setNd('namespace0.1', 'uuid', UUID(4))).toBe('EINVAL');
  });

  it('takes another uuid with its labels, but not before there is any label', () => {
    const machine = labelled();
    machine.setNd('namespace0.0', 'uuid', UUID(1));
    expect(machine.setNd('namespace0.0', 'uuid', UUID(2))).toBe('EBUSY');
    machine.setNd('namespace0.0', 'size', String(256n * MIB));
    expect(machine.setNd('namespace0.0', 'uuid', UUID(2))).toBe('OK');
    machine.unbind('nd_region', 'region0');
    machine.bind('nd_region', 'region0');
    expect(machine.nd('namespace0.0', 'uuid')).toBe(`${UUID(2)}\n`);
  });

  it('has a name of at most 63 bytes, without the blanks around it', () => {
    const machine = labelled();
    expect(machine.setNd('namespace0.0', 'alt_name', ' my name \n')).toBe('OK');
    expect(machine.setNd('namespace0.0', 'alt_name', 'x'.repeat(64))).toBe('EINVAL');
    expect(machine.nd('namespace0.0', 'alt_name')).toBe('my name\n');
    expect(machine.setNd('namespace0.0', 'alt_name', `${'x'.repeat(63)}\n`)).toBe('OK');
  });

  it('of any size is a raw disk, of 16 MiB or more something else', () => {
    const machine = labelled();
    machine.setNd('region0', 'align', '0x200000');
    expect(allocate(machine, 'namespace0.0', 1, 2)).toBe('OK');
    expect(machine.setNd('pfn0.0', 'namespace', 'namespace0.0')).toBe('ENXIO');
    expect(machine.bind('nd_pmem', 'namespace0.0')).toBe('OK');
  });

  it('gives its disk the sectors that it has itself', () => {
    const machine = labelled();
    allocate(machine, 'namespace0.0', 1, 256);
    machine.setNd('namespace0.0', 'sector_size', '4096');
    use(machine, 'namespace0.0');
    expect(machine.nd('namespace0.0', 'block/pmem0/queue/logical_block_size')).toBe('4096\n');
  });

  it('cannot change while it is in use', () => {
    const machine = labelled();
    allocate(machine, 'namespace0.0', 1, 512);
    use(machine, 'namespace0.0');
    for (const attribute of ['size', 'uuid', 'sector_size', 'holder_class'])
      expect(machine.setNd('namespace0.0', attribute, '0')).toBe('EBUSY');
  });

  it('is found again by the next probe of the region', () => {
    const machine = labelled();
    allocate(machine, 'namespace0.0', 1, 512);
    machine.setNd('namespace0.0', 'sector_size', '4096');
    machine.unbind('nd_region', 'region0');
    expect(machine.nd('region0', 'init_namespaces')).toBe('ENXIO');
    expect(machine.nd('nmem0', 'state')).toBe('idle\n');
    machine.bind('nd_region', 'region0');
    expect(machine.nd('namespace0.0', 'uuid')).toBe(`${UUID(1)}\n`);
    expect(machine.nd('namespace0.0', 'sector_size')).toBe('512 [4096] \n');
    expect(machine.nd('region0', 'init_namespaces')).toBe('1/1\n');
  });

  it('keeps the class of its holder in labels of version 1.2 alone', () => {
    const classAfter = (version: string): string => {
      const machine = labelled(version);
      allocate(machine, 'namespace0.0', 1, 512);
      machine.setNd('namespace0.0', 'holder_class', 'dax');
      machine.unbind('nd_region', 'region0');
      machine.bind('nd_region', 'region0');
      return machine.nd('namespace0.0', 'holder_class');
    };
    expect(classAfter('1.2')).toBe('dax\n');
    expect(classAfter('1.1')).toBe('\n');
  });

  it('is not handed to a device of another class', () => {
    const machine = labelled();
    allocate(machine, 'namespace0.0', 1, 512);
    machine.setNd('namespace0.0', 'holder_class', 'pfn');
    expect(machine.setNd('dax0.0', 'namespace', 'namespace0.0')).toBe('EBUSY');
    expect(machine.setNd('pfn0.0', 'namespace', 'namespace0.0')).toBe('OK');
  });
});

describe('namespaces together', () => {
  it('never overlap, and leave the rest of the region free', () => {
    const step = fc.record({ n: fc.integer({ min: 1, max: 6 }), blocks: fc.integer({ min: 0, max: 20 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), steps => {
        const machine = labelled();
        const area = machine.machine.nvdimm.dimms[0]![0]!.labels!;
        const namespace = [...machine.machine.nvdimm.lib!.bus.devices.values()].find(isNamespace);
        for (const { n, blocks } of steps) {
          namespace!.uuid = UUID(n);
          namespace!.resize(BigInt(blocks) * 16n * MIB);
          const labels = area.labels.toSorted((a, b) => Number(a.dpa - b.dpa));
          let end = 0n;
          let used = 0n;
          for (const { dpa, size } of labels) {
            expect(dpa).toBeGreaterThanOrEqual(end);
            end = dpa + size;
            used += size;
          }
          expect(end).toBeLessThanOrEqual(GIB);
          expect(machine.nd('region0', 'available_size')).toBe(`${GIB - used}\n`);
        }
      }),
      { numRuns: 25 },
    );
  });
});

function isNamespace(device: object): device is NdNamespace {
  return device instanceof NdNamespace;
}

describe('a region', () => {
  it('has the older cookie and an idle DIMM while no labels are read', () => {
    const machine = new PmemMachine();
    expect(machine.nd('region0', 'set_cookie')).toBe('0xba90120012b4dc\n');
    expect(machine.nd('nmem0', 'state')).toBe('active\n');
    const unlabelled = new PmemMachine({ labelSize: 0 });
    expect(unlabelled.nd('region0', 'set_cookie')).toBe('0x2468ac00123456\n');
    expect(unlabelled.nd('nmem0', 'state')).toBe('idle\n');
  });

  it('is not enabled while the DIMM whose labels it needs is disabled', () => {
    const machine = labelled();
    machine.unbind('nd_region', 'region0');
    machine.unbind('nvdimm', 'nmem0');
    expect(machine.nd('nmem0', 'available_slots')).toBe('ENXIO');
    expect(machine.bind('nd_region', 'region0')).toBe('ENXIO');
    expect(machine.log()).toContain('nd_region region0: nmem0: is disabled, failing probe');
  });

  it('pins the module of its provider', () => {
    const machine = new PmemMachine();
    expect(machine.control('rmmod', 'nfit')).toBe('EAGAIN');
    machine.unbind('nd_region', 'region0');
    expect(machine.control('rmmod', 'nfit')).toBe('OK');
    expect(machine.iomem()).toEqual([]);
  });

  it.each([
    ['3', 'EINVAL'],
    ['2048', 'EINVAL'],
    ['0x200000', 'OK'],
    ['0x80000000', 'EINVAL'],
  ])('align %s is %s', (text, result) => {
    expect(new PmemMachine().setNd('region0', 'align', text)).toBe(result);
  });
});
