import { describe, expect, it } from 'vitest';
import { EBUSY, EINVAL, ENODEV, ENOENT, ENOSPC, ENXIO, ERANGE } from '../../../src/kernel/lib/errno.ts';
import {
  flagBits,
  IORES_DESC_SOFT_RESERVED,
  IORESOURCE_BUSY,
  IORESOURCE_MEM,
  IORESOURCE_SYSTEM_RAM,
  insertResource,
  Resource,
} from '../../../src/kernel/resource/resource.ts';
import { type FakeDeviceMemory, GIB } from '../mm/device-memory.ts';
import { CxlMachine, createRegion, WINDOW, window } from './machine.ts';

/** A machine with an empty `region0` on one device. */
function withRegion(machine = new CxlMachine()): CxlMachine {
  machine.write('decoder0.0/create_ram_region', 'region0');
  return machine;
}

/** `region0` of 1 GiB, its decoder ready, before it is given as a target. */
function readyForTarget(): CxlMachine {
  const machine = withRegion();
  for (const [file, text] of [
    ['region0/interleave_ways', '1'],
    ['region0/interleave_granularity', '256'],
    ['region0/size', '0x40000000'],
    ['decoder2.0/mode', 'ram'],
    ['decoder2.0/dpa_size', '0x40000000'],
  ] as const)
    expect(machine.write(file, text)).toBeUndefined();
  return machine;
}

describe('create_ram_region', () => {
  it('announces the next name, and takes only that', () => {
    const machine = new CxlMachine();
    expect(machine.read('decoder0.0/create_ram_region')).toBe('region0\n');
    expect(machine.write('decoder0.0/create_ram_region', 'region1')).toEqual(EBUSY);
    expect(machine.write('decoder0.0/create_ram_region', 'junk')).toEqual(EINVAL);
    expect(machine.write('decoder0.0/create_ram_region', 'region+0')).toEqual(EINVAL);
    expect(machine.write('decoder0.0/create_ram_region', 'region0')).toBeUndefined();
    expect(machine.read('decoder0.0/create_ram_region')).toBe('region1\n');
    expect(machine.write('decoder0.0/create_ram_region', 'region0')).toEqual(EBUSY);
  });

  it('takes its ids from the allocator of all memory regions, one ahead for each window', () => {
    const windows = [
      window(4n * GIB),
      { ...window(4n * GIB), start: 2n * WINDOW, end: 2n * WINDOW + GIB - 1n },
    ];
    const machine = new CxlMachine(windows, []);
    expect(machine.memregions.alloc()).toBe(0);
    for (const module of ['cxl_acpi', 'cxl_pci', 'cxl_mem']) machine.modules.modprobe(module);
    expect(machine.read('decoder0.0/create_ram_region')).toBe('region1\n');
    expect(machine.read('decoder0.1/create_ram_region')).toBe('region2\n');
    machine.write('decoder0.0/create_ram_region', 'region1');
    expect(machine.read('decoder0.0/create_ram_region')).toBe('region3\n');
  });

  it('makes a region without any configuration', () => {
    const machine = withRegion();
    const show = (name: string) => machine.read(`region0/${name}`);
    expect(show('interleave_ways')).toBe('0\n');
    expect(show('interleave_granularity')).toBe('0\n');
    expect(show('size')).toBe('0x0\n');
    expect(show('resource')).toBe('0xffffffffffffffff\n');
    expect(show('commit')).toBe('0\n');
    expect(show('mode')).toBe('ram\n');
    expect(show('uuid')).toBe('\n');
    expect(show('target0')).toEqual(ENOENT);
    expect(show('devtype')).toBe('cxl_region\n');
    expect(show('modalias')).toBe('cxl:t6\n');
    expect(machine.exists('region0/driver')).toBe(false);
    expect(machine.exists('region0/power')).toBe(false);
  });
});

describe('the configuration of a region', () => {
  it.each(['x', '0', '5', '7', '32', '-1'])('refuses %s ways', ways => {
    expect(withRegion().write('region0/interleave_ways', ways)).toEqual(EINVAL);
  });

  it('refuses ways that do not suit those of the window', () => {
    const machine = withRegion(new CxlMachine([window(8n * GIB, { ways: 2 })]));
    expect(machine.write('region0/interleave_ways', '1')).toEqual(EINVAL);
    expect(machine.write('region0/interleave_ways', '3')).toEqual(EINVAL);
    expect(machine.write('region0/interleave_ways', '6')).toEqual(EINVAL);
    expect(machine.write('region0/interleave_ways', '4')).toBeUndefined();
  });

  it('shows as many targets as ways', () => {
    const machine = withRegion();
    const targets = () =>
      machine
        .list('region0')
        .filter(name => name.startsWith('target'))
        .sort();
    machine.write('region0/interleave_ways', '4');
    expect(targets()).toEqual(['target0', 'target1', 'target2', 'target3']);
    machine.write('region0/interleave_ways', '2');
    expect(targets()).toEqual(['target0', 'target1']);
  });

  it.each(['x', '0', '128', '300', '32768'])('refuses a granularity of %s', bytes => {
    expect(withRegion().write('region0/interleave_granularity', bytes)).toEqual(EINVAL);
  });

  it('keeps the granularity of an interleaved window', () => {
    const machine = withRegion(new CxlMachine([window(8n * GIB, { ways: 2, granularity: 1024 })]));
    expect(machine.write('region0/interleave_granularity', '256')).toEqual(EINVAL);
    expect(machine.write('region0/interleave_granularity', '1024')).toBeUndefined();
  });

  it('needs ways and granularity before a size', () => {
    const machine = withRegion();
    expect(machine.write('region0/size', '0x10000000')).toEqual(ENXIO);
    machine.write('region0/interleave_ways', '1');
    expect(machine.write('region0/size', '0x10000000')).toEqual(ENXIO);
    machine.write('region0/interleave_granularity', '256');
    expect(machine.write('region0/size', '0x10000000')).toBeUndefined();
    expect(machine.read('region0/resource')).toBe('0x400000000\n');
  });

  it('counts sizes in 256 MiB for each way, and fits them into the window', () => {
    const machine = withRegion();
    machine.write('region0/interleave_ways', '2');
    machine.write('region0/interleave_granularity', '256');
    expect(machine.write('region0/size', 'junk')).toEqual(EINVAL);
    expect(machine.write('region0/size', '0x10000000')).toEqual(EINVAL);
    expect(machine.write('region0/size', '0x400000000')).toEqual(ERANGE);
    expect(machine.write('region0/size', '0x20000000')).toBeUndefined();
  });

  it('is settled once there is a size: the same size is fine, 0 frees it', () => {
    const machine = readyForTarget();
    expect(machine.write('region0/size', '0x40000000')).toBeUndefined();
    expect(machine.write('region0/size', '0x20000000')).toEqual(EBUSY);
    expect(machine.write('region0/interleave_ways', '2')).toEqual(EBUSY);
    expect(machine.write('region0/interleave_granularity', '512')).toEqual(EBUSY);
    expect(machine.write('region0/size', '0')).toBeUndefined();
    expect(machine.iomem).not.toContain('region0');
    expect(machine.write('region0/interleave_ways', '2')).toBeUndefined();
  });
});

describe('an endpoint decoder', () => {
  it('knows the modes ram and pmem, of which the device must have capacity', () => {
    const machine = new CxlMachine();
    expect(machine.read('decoder2.0/mode')).toBe('none\n');
    expect(machine.write('decoder2.0/mode', 'mixed')).toEqual(EINVAL);
    expect(machine.write('decoder2.0/mode', 'pmem')).toEqual(ENXIO);
    expect(machine.write('decoder2.0/mode', 'ram')).toBeUndefined();
  });

  it('gives out the capacity of the device in 256 MiB, in the order of the decoders', () => {
    const machine = new CxlMachine();
    expect(machine.read('decoder2.0/dpa_resource')).toBe('0xffffffffffffffff\n');
    expect(machine.write('decoder2.0/dpa_size', '0x1000')).toEqual(EINVAL);
    expect(machine.write('decoder2.0/dpa_size', '0x10000000')).toEqual(EINVAL);
    for (const decoder of ['2.0', '2.1', '2.2']) machine.write(`decoder${decoder}/mode`, 'ram');
    expect(machine.write('decoder2.1/dpa_size', '0x10000000')).toEqual(EBUSY);
    expect(machine.write('decoder2.0/dpa_size', '0x300000000')).toEqual(ENOSPC);
    expect(machine.write('decoder2.0/dpa_size', '0x10000000')).toBeUndefined();
    expect(machine.write('decoder2.1/dpa_size', '0x20000000')).toBeUndefined();
    expect(machine.read('decoder2.1/dpa_resource')).toBe('0x10000000\n');
    expect(machine.write('decoder2.0/dpa_size', '0')).toEqual(EBUSY);
    expect(machine.write('decoder2.1/dpa_size', '0')).toBeUndefined();
    expect(machine.write('decoder2.0/dpa_size', '0')).toBeUndefined();
  });
});

describe('a target', () => {
  it('must be an endpoint decoder of the right mode', () => {
    const machine = readyForTarget();
    expect(machine.write('region0/target0', 'decoder9.9')).toEqual(ENODEV);
    expect(machine.write('region0/target0', 'decoder1.0')).toEqual(EINVAL);
    expect(machine.write('region0/target0', 'decoder2.1')).toEqual(EINVAL);
    expect(machine.write('region0/target0', 'decoder2.0')).toBeUndefined();
    expect(machine.read('region0/target0')).toBe('decoder2.0\n');
    expect(machine.read('decoder2.0/region')).toBe('region0\n');
    expect(machine.read('decoder1.0/region')).toBe('region0\n');
    expect(machine.read('decoder1.0/target_list')).toBe('0\n');
  });

  it('needs the size of the region first, and its own of the right share', () => {
    const machine = withRegion();
    machine.write('region0/interleave_ways', '1');
    machine.write('region0/interleave_granularity', '256');
    machine.write('decoder2.0/mode', 'ram');
    expect(machine.write('region0/target0', 'decoder2.0')).toEqual(ENXIO);
    machine.write('region0/size', '0x40000000');
    expect(machine.write('region0/target0', 'decoder2.0')).toEqual(ENXIO);
    machine.write('decoder2.0/dpa_size', '0x10000000');
    expect(machine.write('region0/target0', 'decoder2.0')).toEqual(EINVAL);
  });

  it('cannot be added to a full region', () => {
    const machine = readyForTarget();
    machine.write('region0/target0', 'decoder2.0');
    expect(machine.write('region0/target0', 'decoder2.0')).toEqual(EBUSY);
  });

  it('must hang on the host bridge that the window has at that position', () => {
    const machine = withRegion(new CxlMachine([window(8n * GIB, { ways: 2 })]));
    for (const [file, text] of [
      ['region0/interleave_ways', '2'],
      ['region0/interleave_granularity', '256'],
      ['region0/size', '0x40000000'],
      ['decoder3.0/mode', 'ram'],
      ['decoder3.0/dpa_size', '0x20000000'],
      ['decoder4.0/mode', 'ram'],
      ['decoder4.0/dpa_size', '0x20000000'],
    ] as const)
      machine.write(file, text);
    expect(machine.write('region0/target1', 'decoder3.0')).toEqual(ENXIO);
    expect(machine.write('region0/target0', 'decoder3.0')).toBeUndefined();
    expect(machine.write('region0/target0', 'decoder3.0')).toBeUndefined();
    expect(machine.write('region0/target1', 'decoder3.0')).toEqual(EBUSY);
    expect(machine.write('region0/commit', '1')).toEqual(ENXIO);
    expect(machine.write('region0/target1', 'decoder4.0')).toBeUndefined();
    expect(machine.write('region0/commit', '1')).toBeUndefined();
  });

  it('leaves with an empty line, and the decoder is free again', () => {
    const machine = readyForTarget();
    machine.write('region0/target0', 'decoder2.0');
    expect(machine.write('decoder2.0/dpa_size', '0')).toEqual(EBUSY);
    expect(machine.write('region0/target0', '')).toBeUndefined();
    expect(machine.read('region0/target0')).toBe('\n');
    expect(machine.read('decoder1.0/region')).toBe('\n');
    expect(machine.write('decoder2.0/dpa_size', '0')).toBeUndefined();
  });
});

describe('the commit of a region', () => {
  it('needs all targets', () => {
    const machine = readyForTarget();
    expect(machine.write('region0/commit', 'x')).toEqual(EINVAL);
    expect(machine.write('region0/commit', '1')).toEqual(ENXIO);
    expect(machine.write('region0/commit', '0')).toBeUndefined();
    expect(machine.write('/sys/bus/cxl/drivers/cxl_region/bind', 'region0')).toEqual(ENXIO);
  });

  it('makes the dax device appear, for kmem, with memmap_on_memory', () => {
    const machine = new CxlMachine();
    createRegion(machine, ['2.0'], 2n * GIB);
    expect(machine.read('region0/commit')).toBe('1\n');
    expect(machine.read('region0/dax_region0/devtype')).toBe('cxl_dax_region\n');
    expect(machine.read('region0/dax_region0/modalias')).toBe('cxl:t8\n');
    expect(machine.read('region0/dax_region0/uevent')).toBe(
      'DEVTYPE=cxl_dax_region\nDRIVER=cxl_dax_region\nMODALIAS=cxl:t8\n',
    );
    expect(machine.exists('region0/dax_region0/power')).toBe(false);
    expect(machine.link('/sys/bus/dax/devices/dax0.0')).toBe(
      '../../../devices/platform/ACPI0017:00/root0/decoder0.0/region0/dax_region0/dax0.0',
    );
    const dax = (name: string) => machine.read(`/sys/bus/dax/devices/dax0.0/${name}`);
    expect(dax('size')).toBe('2147483648\n');
    expect(dax('resource')).toBe('0x400000000\n');
    expect(dax('target_node')).toBe('2\n');
    expect(dax('memmap_on_memory')).toBe('1\n');
    expect(machine.write('/sys/bus/dax/drivers/device_dax/bind', 'dax0.0')).toEqual(ENODEV);
    expect(machine.write('/sys/bus/dax/drivers/device_dax/new_id', 'dax0.0')).toBeUndefined();
    expect(machine.iomem).toContain(
      [
        '400000000-5ffffffff : CXL Window 0',
        '  400000000-47fffffff : region0',
        '    400000000-47fffffff : dax0.0',
        '',
      ].join('\n'),
    );
  });

  it('leaves the bind to user space', () => {
    const machine = new CxlMachine();
    createRegion(machine, ['2.0'], GIB);
    const [bind, unbind] = ['bind', 'unbind'].map(name => `/sys/bus/cxl/drivers/cxl_region/${name}`) as [
      string,
      string,
    ];
    expect(machine.write(bind, 'region0')).toEqual(EBUSY);
    expect(machine.write('region0/commit', '0')).toBeUndefined();
    expect(machine.write('region0/commit', '1')).toBeUndefined();
    expect(machine.exists('region0/driver')).toBe(false);
    expect(machine.list('/sys/bus/dax/devices')).toEqual([]);
    expect(machine.write(bind, 'region0')).toBeUndefined();
    expect(machine.list('/sys/bus/dax/devices')).toEqual(['dax0.0']);
    expect(machine.write(unbind, 'region0')).toBeUndefined();
    expect(machine.list('/sys/bus/dax/devices')).toEqual([]);
  });

  it('can be taken back, which removes the dax device', () => {
    const machine = new CxlMachine();
    createRegion(machine, ['2.0'], GIB);
    expect(machine.read('root0/port1/decoders_committed')).toBe('1\n');
    expect(machine.write('region0/size', '0')).toEqual(EBUSY);
    expect(machine.write('region0/commit', '0')).toBeUndefined();
    expect(machine.exists('/sys/bus/dax/devices/dax0.0')).toBe(false);
    expect(machine.read('root0/port1/decoders_committed')).toBe('0\n');
  });

  it('creates no dax device over memory that is System RAM already', () => {
    const ram = (memory: FakeDeviceMemory) => {
      const flags = flagBits(IORESOURCE_SYSTEM_RAM, IORESOURCE_BUSY);
      const [start, end] = [WINDOW, WINDOW + GIB - 1n];
      insertResource(memory.iomem, new Resource({ start, end, name: 'System RAM', flags }));
    };
    const machine = new CxlMachine([window(GIB, { committedBytes: GIB })], undefined, ram);
    expect(machine.exists('region0/driver')).toBe(true);
    expect(machine.exists('dax_region0')).toBe(false);
  });
});

describe('a second region', () => {
  it('lies behind the first and uses the next decoders', () => {
    const machine = new CxlMachine();
    createRegion(machine, ['2.0'], GIB);
    createRegion(machine, ['2.1'], 2n * GIB);
    expect(machine.read('region1/resource')).toBe('0x440000000\n');
    expect(machine.read('decoder1.1/region')).toBe('region1\n');
    expect(machine.exists('/sys/bus/dax/devices/dax1.0')).toBe(true);
  });
});

describe('delete_region', () => {
  it('takes everything away, and the name comes back', () => {
    const machine = new CxlMachine();
    createRegion(machine, ['2.0'], GIB);
    expect(machine.write('decoder0.0/delete_region', 'region7')).toEqual(ENODEV);
    expect(machine.write('decoder0.0/delete_region', 'region0')).toBeUndefined();
    expect(machine.exists('region0')).toBe(false);
    expect(machine.exists('/sys/bus/dax/devices/dax0.0')).toBe(false);
    expect(machine.iomem).not.toContain('region0');
    expect(machine.read('decoder0.0/create_ram_region')).toBe('region0\n');
    expect(machine.write('decoder2.0/dpa_size', '0')).toBeUndefined();
    createRegion(machine, ['2.0'], 2n * GIB);
  });
});

describe('a region that the firmware committed', () => {
  const softReserved = (memory: FakeDeviceMemory) => {
    const [start, end] = [WINDOW, WINDOW + 4n * GIB - 1n];
    insertResource(
      memory.iomem,
      new Resource({
        start,
        end,
        name: 'Soft Reserved',
        flags: IORESOURCE_MEM,
        desc: IORES_DESC_SOFT_RESERVED,
      }),
    );
  };

  it('is there with its dax device once all its memory devices are', () => {
    const windows = [window(4n * GIB, { ways: 2, committedBytes: 4n * GIB })];
    const machine = new CxlMachine(windows, undefined, softReserved);
    expect(machine.read('region0/commit')).toBe('1\n');
    expect(machine.read('region0/interleave_ways')).toBe('2\n');
    expect(machine.read('region0/target1')).toBe('decoder4.0\n');
    machine.write('/sys/bus/dax/drivers/device_dax/new_id', 'dax0.0');
    expect(machine.iomem).toContain(
      [
        '400000000-4ffffffff : CXL Window 0',
        '  400000000-4ffffffff : region0',
        '    400000000-4ffffffff : Soft Reserved',
        '      400000000-4ffffffff : dax0.0',
        '',
      ].join('\n'),
    );
  });

  it('leaves no room for another in its window', () => {
    const machine = new CxlMachine([window(4n * GIB, { committedBytes: 4n * GIB })], undefined, softReserved);
    expect(machine.read('decoder0.0/create_ram_region')).toBe('region1\n');
    machine.write('decoder0.0/create_ram_region', 'region1');
    machine.write('region1/interleave_ways', '1');
    machine.write('region1/interleave_granularity', '256');
    expect(machine.write('region1/size', '0x10000000')).toEqual(ERANGE);
  });
});
