import { describe, expect, it } from 'vitest';
import { requestRegion } from '../../../src/kernel/resource/resource.ts';
import { PMEM_START, PmemMachine } from './machine.ts';

describe('persistent memory that only the memory map knows', () => {
  const machine = new PmemMachine({ legacy: true });

  it('is a bus without commands, below the platform device', () => {
    expect(machine.nd('ndbus0', 'provider')).toBe('e820\n');
    expect(machine.nd('ndbus0', 'commands')).toBe('\n');
    expect(machine.shell.list('/sys/devices/platform/e820_pmem')).toContain('ndbus0');
  });

  it('has a region without labels, with one namespace that gets page structures', () => {
    expect(machine.nd('region0', 'align')).toBe('0x1000000\n');
    expect(machine.nd('region0', 'nstype')).toBe('4\n');
    expect(machine.nd('region0', 'mappings')).toBe('0\n');
    expect(machine.nd('region0', 'badblocks')).toBe('');
    expect(machine.nd('region0', 'available_size')).toBe('ENOENT');
    expect(machine.nd('region0', 'set_cookie')).toBe('ENOENT');
    expect(machine.nd('region0', 'deep_flush')).toBe('ENOENT');
    expect(machine.nd('namespace0.0', 'mode')).toBe('memory\n');
    expect(machine.nd('namespace0.0', 'size')).toBe('1073741824\n');
    expect(machine.nd('namespace0.0', 'uuid')).toBe('ENOENT');
    expect(machine.shell.list('/sys/bus/nd/devices/namespace0.0/block')).toEqual(['pmem0']);
    expect(machine.iomem()).toContain('180000000-1bfffffff : namespace0.0');
  });

  it('has disks that say that nobody knows how to flush them', () => {
    expect(machine.log()).toContain('nd_pmem namespace0.0: unable to guarantee persistence of writes');
    expect(new PmemMachine().log().join()).not.toContain('persistence');
  });

  it('is not taken from whoever has it already', () => {
    const taken = new PmemMachine({ legacy: true });
    taken.unbind('nd_pmem', 'namespace0.0');
    const { iomem } = taken.machine.memory;
    requestRegion(iomem, PMEM_START, 4096n, 'somebody');
    expect(taken.bind('nd_pmem', 'namespace0.0')).toBe('EBUSY');
    const refusal = 'nd_pmem namespace0.0: could not reserve region [mem 0x180000000-0x1bfffffff]';
    expect(taken.log()).toContain(refusal);
  });

  it('has a dax seed without settings', () => {
    expect(machine.nd('dax0.0', 'mode')).toBe('none\n');
    expect(machine.nd('dax0.0', 'size')).toBe('ENXIO');
    expect(machine.nd('dax0.0', 'resource')).toBe('ENXIO');
    expect(machine.nd('dax0.0', 'supported_alignments')).toBe('4096 2097152 1073741824 \n');
  });
});

describe('a namespace without labels', () => {
  it('takes a class that it cannot keep, and says so', () => {
    const machine = new PmemMachine({ legacy: true });
    expect(machine.setNd('namespace0.0', 'holder_class', 'dax')).toBe('EBUSY');
    machine.unbind('nd_pmem', 'namespace0.0');
    expect(machine.setNd('namespace0.0', 'holder_class', 'what')).toBe('EINVAL');
    expect(machine.setNd('namespace0.0', 'holder_class', 'dax')).toBe('ENXIO');
    expect(machine.nd('namespace0.0', 'holder_class')).toBe('dax\n');
  });

  it('has page structures for as long as it is a disk, whatever force_raw says meanwhile', () => {
    const machine = new PmemMachine({ legacy: true });
    machine.setNd('namespace0.0', 'force_raw', '1');
    expect(machine.nd('namespace0.0', 'mode')).toBe('raw\n');
    expect(machine.nd('namespace0.0', 'block/pmem0/queue/dax')).toBe('1\n');
  });
});

describe('writes to a dax seed', () => {
  const machine = new PmemMachine({ legacy: true });

  it.each([
    ['x', 'pmem\n'],
    ['ra', 'ram\n'],
    ['pmeX', 'pmem\n'],
    ['none\n', 'none\n'],
    ['pmem\n', 'pmem\n'],
  ])('mode %j is %j, since the last byte never counts', (text, mode) => {
    expect(machine.setNd('dax0.0', 'mode', text)).toBe('OK');
    expect(machine.nd('dax0.0', 'mode')).toBe(mode);
  });

  it.each([
    ['mode', 'q\n', 'EINVAL'],
    ['mode', 'zz\n', 'EINVAL'],
    ['align', '4097', 'EINVAL'],
    ['align', '4096', 'OK'],
    ['uuid', 'bad', 'EINVAL'],
    ['namespace', 'foo', 'EINVAL'],
    ['namespace', ' namespace0.0', 'EINVAL'],
    ['uuid', '11\n111111-1111-2222-3333-444444444444', 'OK'],
    ['namespace', 'namespace9.9', 'ENODEV'],
  ])('%s %j is %s', (attribute, text, result) => {
    expect(machine.setNd('dax0.0', attribute, text)).toBe(result);
  });

  it('may claim a namespace in raw use, which keeps it from being bound until nd_pmem lets go', () => {
    machine.setNd('dax0.0', 'mode', 'pmem\n');
    machine.setNd('dax0.0', 'uuid', 'daf51000-0000-4000-8000-000000000001');
    expect(machine.setNd('dax0.0', 'namespace', 'namespace0.0')).toBe('OK');
    expect(machine.setNd('dax0.0', 'namespace', 'namespace0.0')).toBe('EBUSY');
    expect(machine.bind('dax_pmem', 'dax0.0')).toBe('EBUSY');
    expect(machine.unbind('nd_pmem', 'namespace0.0')).toBe('OK');
    expect(machine.bind('nd_pmem', 'namespace0.0')).toBe('ENXIO');
    expect(machine.nd('namespace0.0', 'holder')).toBe('dax0.0\n');
  });
});

describe('a devdax device on it', () => {
  it('loses room for the page map that it keeps on the device', () => {
    const machine = new PmemMachine({ legacy: true });
    expect(machine.makeDevdax('pmem')).toBe('OK');
    expect(machine.nd('dax0.0', 'size')).toBe('1054867456\n');
    expect(machine.nd('dax0.0', 'resource')).toBe('0x181200000\n');
    expect(machine.nd('region0', 'dax_seed')).toBe('dax0.1\n');
    expect(machine.iomem()).toEqual([
      '180000000-1bfffffff : Persistent Memory (legacy)',
      '180000000-1811fffff : namespace0.0',
      '181200000-1bfffffff : dax0.0',
    ]);
  });

  it('loses 2 MiB with the page map in RAM, whatever its alignment', () => {
    const machine = new PmemMachine({ legacy: true });
    expect(machine.makeDevdax('ram', '4096')).toBe('OK');
    expect(machine.read('/sys/bus/dax/devices/dax0.0/size')).toBe('1071644672\n');
    expect(machine.read('/sys/bus/dax/devices/dax0.0/resource')).toBe('0x180200000\n');
    expect(machine.read('/sys/bus/dax/devices/dax0.0/align')).toBe('4096\n');
    expect(machine.nd('namespace0.0', 'mode')).toBe('dax\n');
  });

  it('becomes ordinary memory in kmem, and leaves nothing behind when dax_pmem lets go', () => {
    const machine = new PmemMachine({ legacy: true });
    machine.makeDevdax('ram', '4096');
    machine.control('modprobe', 'kmem');
    machine.write('/sys/bus/dax/drivers/device_dax/unbind', 'dax0.0');
    expect(machine.write('/sys/bus/dax/drivers/kmem/bind', 'dax0.0')).toBe('ENODEV');
    expect(machine.write('/sys/bus/dax/drivers/kmem/new_id', 'dax0.0')).toBe('OK');
    expect(machine.iomem()).toEqual([
      '180000000-1bfffffff : Persistent Memory (legacy)',
      '180000000-1801fffff : namespace0.0',
      '188000000-1bfffffff : dax0.0',
      '188000000-1bfffffff : System RAM (kmem)',
    ]);
    machine.unbind('dax_pmem', 'dax0.0');
    expect(machine.iomem()).toEqual(['180000000-1bfffffff : Persistent Memory (legacy)']);
  });
});
