import { describe, expect, it } from 'vitest';
import { PmemMachine } from './machine.ts';

const DISK = '/sys/class/block/pmem0';

describe('an open disk', () => {
  it('keeps the module of its driver, until it is closed', () => {
    const machine = new PmemMachine();
    const disk = machine.openDisk();
    expect(machine.control('rmmod', 'nd_pmem')).toBe('EAGAIN');
    disk.release();
    expect(machine.control('rmmod', 'nd_pmem')).toBe('OK');
  });

  it('has no room any more once it is gone', () => {
    const machine = new PmemMachine();
    const disk = machine.openDisk();
    machine.unbind('nd_pmem', 'namespace0.0');
    expect(disk.read(0, 512)).toHaveLength(0);
    expect(disk.write(0, new Uint8Array(512))).toMatchObject({ name: 'ENOSPC' });
  });
});

describe('/sys/block', () => {
  it('links to each disk while it is there, for lsblk', () => {
    const machine = new PmemMachine();
    expect(machine.read('/sys/block/pmem0/size')).toBe(machine.read(`${DISK}/size`));
    machine.unbind('nd_pmem', 'namespace0.0');
    expect(machine.shell.list('/sys/block')).toEqual([]);
  });
});

describe('a region that becomes read-only', () => {
  it('takes its disks along, with a line and an event for each', () => {
    const machine = new PmemMachine();
    const events = machine.uevents(() => machine.setNd('region0', 'read_only', 'y'));
    expect(machine.read(`${DISK}/ro`)).toBe('1\n');
    expect(machine.log()).toContain('nd_pmem namespace0.0: region0 read-only, marking pmem0 read-only');
    expect(events).toHaveLength(1);
    expect(events[0]).toMatch(/^ACTION=change DEVPATH=.*\/pmem0 SUBSYSTEM=block DISK_RO=1 /);
    expect(machine.uevents(() => machine.setNd('region0', 'read_only', '1'))).toEqual([]);
    machine.setNd('region0', 'read_only', '0');
    expect(machine.read(`${DISK}/ro`)).toBe('0\n');
    expect(machine.log()).toContain('nd_pmem namespace0.0: region0 read-write, marking pmem0 read-write');
  });

  it('makes new disks read-only as they come', () => {
    const machine = new PmemMachine();
    machine.unbind('nd_pmem', 'namespace0.0');
    expect(machine.uevents(() => machine.setNd('region0', 'read_only', '1'))).toEqual([]);
    machine.bind('nd_pmem', 'namespace0.0');
    expect(machine.read(`${DISK}/ro`)).toBe('1\n');
  });

  it('cannot be written to', () => {
    const machine = new PmemMachine();
    const disk = machine.openDisk();
    machine.setNd('region0', 'read_only', '1');
    expect(disk.write(0, new Uint8Array(512))).toMatchObject({ name: 'EPERM' });
    machine.setNd('region0', 'read_only', '0');
    expect(disk.write(0, new Uint8Array(512))).toBe(512);
  });

  it('gets no btt that is not there already', () => {
    const machine = new PmemMachine();
    machine.unbind('nd_pmem', 'namespace0.0');
    machine.setNd('region0', 'read_only', '1');
    machine.setNd('btt0.0', 'sector_size', '512');
    machine.setNd('btt0.0', 'uuid', 'daf51000-0000-4000-8000-000000000003');
    machine.setNd('btt0.0', 'namespace', 'namespace0.0');
    expect(machine.bind('nd_pmem', 'btt0.0')).toBe('ENOMEM');
    expect(machine.log()).toContain('nd_pmem btt0.0: region0 is read-only, unable to init btt metadata');
  });
});
