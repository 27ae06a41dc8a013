import { describe, expect, it } from 'vitest';
import { withCommittedRegions } from '../../../src/kernel/cxl/topology.ts';
import { EINVAL, ENOENT } from '../../../src/kernel/lib/errno.ts';
import { GIB } from '../mm/device-memory.ts';
import { CxlMachine, createRegion, cxlBootModules, window } from './machine.ts';

describe('the cxl bus', () => {
  it('is there from boot on, since cxl_core and cxl_port are part of the kernel', () => {
    const machine = new CxlMachine([window()], []);
    expect(machine.list('/sys/bus/cxl').sort()).toEqual([
      'devices',
      'drivers',
      'drivers_autoprobe',
      'drivers_probe',
      'flush',
      'uevent',
    ]);
    expect(machine.list('/sys/bus/cxl/drivers').sort()).toEqual(['cxl_port', 'cxl_region']);
    expect(machine.modules.modprobe('cxl_core')).toBeUndefined();
    expect(machine.exists('/sys/module/cxl_core')).toBe(false);
  });

  it('has nothing to flush but says so only to a 1', () => {
    const machine = new CxlMachine();
    expect(machine.write('/sys/bus/cxl/flush', '1')).toBeUndefined();
    expect(machine.write('/sys/bus/cxl/flush', '0')).toEqual(EINVAL);
  });

  it('does not show a driver that cannot be bound by hand as one that can', () => {
    const machine = new CxlMachine();
    expect(machine.list('/sys/bus/cxl/drivers/cxl_dax_region').sort()).toEqual(['module', 'uevent']);
    expect(machine.list('/sys/bus/cxl/drivers/cxl_region')).toContain('bind');
  });
});

describe('the topology', () => {
  it('is a root, a port for each host bridge and an endpoint for each memory device', () => {
    const machine = new CxlMachine([window(8n * GIB, { ways: 2, memdevsPerBridge: 2 })]);
    const devices = machine.list('/sys/bus/cxl/devices').filter(name => !name.startsWith('decoder'));
    expect(devices.sort()).toEqual([
      'endpoint3',
      'endpoint4',
      'endpoint5',
      'endpoint6',
      'mem0',
      'mem1',
      'mem2',
      'mem3',
      'port1',
      'port2',
      'root0',
    ]);
    expect(machine.link('endpoint5')).toBe('../../../devices/platform/ACPI0017:00/root0/port2/endpoint5');
    expect(machine.link('endpoint5/uport')).toBe('../../../../../pci0000:18/0000:18:00.0/0000:19:00.0/mem2');
    expect(machine.link('root0/dport24')).toBe('../../../pci0000:18');
  });

  it('has a root decoder for each window, which /proc/iomem shows', () => {
    const machine = new CxlMachine([window(), { ...window(), start: 64n * GIB, end: 68n * GIB - 1n }]);
    expect(machine.read('decoder0.1/start')).toBe('0x1000000000\n');
    expect(machine.read('decoder0.1/size')).toBe('0x100000000\n');
    expect(machine.read('decoder0.1/devtype')).toBe('cxl_decoder_root\n');
    expect(machine.read('decoder0.0/target_list')).toBe('16\n');
    expect(machine.read('decoder0.1/target_list')).toBe('24\n');
    expect(machine.read('decoder1.0/target_list')).toBe('0\n');
    expect(machine.read('decoder0.0/cap_ram')).toBe('1\n');
    expect(machine.iomem).toContain('1000000000-10ffffffff : CXL Window 1\n');
  });

  it('has firmware nodes for the root and the host bridges, linked both ways', () => {
    const machine = new CxlMachine([window(), { ...window(), start: 64n * GIB, end: 68n * GIB - 1n }]);
    const firmware = '/sys/devices/LNXSYSTM:00/LNXSYBUS:00';
    expect(machine.link('root0/dport16')).toBe('../../../pci0000:10');
    expect(machine.link('/sys/devices/pci0000:18/firmware_node')).toBe(
      '../LNXSYSTM:00/LNXSYBUS:00/ACPI0016:01',
    );
    expect(machine.link(`${firmware}/ACPI0016:01/physical_node`)).toBe('../../../pci0000:18');
    expect(machine.read(`${firmware}/ACPI0016:01/uid`)).toBe('24\n');
    expect(machine.read(`${firmware}/ACPI0016:00/modalias`)).toBe('acpi:ACPI0016:PNP0A08:PNP0A03:\n');
    expect(machine.link('/sys/devices/platform/ACPI0017:00/firmware_node')).toBe(
      '../../LNXSYSTM:00/LNXSYBUS:00/ACPI0017:00',
    );
  });

  it('has memory devices on the PCI bus, whose driver makes and takes their memdevs', () => {
    const machine = new CxlMachine();
    const device = '/sys/bus/pci/devices/0000:11:00.0';
    expect(machine.read(`${device}/class`)).toBe('0x050210\n');
    expect(machine.read(`${device}/modalias`)).toBe(
      'pci:v00008086d00000D93sv00000000sd00000000bc05sc02i10\n',
    );
    expect(machine.exists('mem0')).toBe(true);
    expect(machine.write('/sys/bus/pci/drivers/cxl_pci/unbind', '0000:11:00.0')).toBeUndefined();
    expect(machine.exists('mem0')).toBe(false);
    expect(machine.write('/sys/bus/pci/drivers/cxl_pci/bind', '0000:11:00.0')).toBeUndefined();
    expect(machine.exists('mem0/driver')).toBe(true);
  });

  it('has memory devices with a node in /dev/cxl', () => {
    const machine = new CxlMachine();
    expect(machine.read('mem0/ram/size')).toBe('0x200000000\n');
    expect(machine.read('mem0/pmem/size')).toBe('0x0\n');
    expect(machine.read('mem0/uevent')).toBe(
      'MAJOR=251\nMINOR=0\nDEVNAME=cxl/mem0\nDEVTYPE=cxl_memdev\nDRIVER=cxl_mem\nMODALIAS=cxl:t5\n',
    );
    expect(machine.list('/dev/cxl')).toEqual(['mem0']);
    machine.modules.rmmod('cxl_pci');
    expect(machine.exists('/dev/cxl')).toBe(false);
  });

  it('is the same whatever the order of the modules', () => {
    const shuffled = new CxlMachine([window()], ['cxl_mem', 'cxl_pci', 'dax_cxl', 'cxl_acpi']);
    const ordered = new CxlMachine([window()], cxlBootModules);
    const devices = (machine: CxlMachine) => machine.list('/sys/bus/cxl/devices').sort();
    expect(devices(shuffled)).toEqual(devices(ordered));
  });

  it('goes away with its driver: regions, endpoints, windows', () => {
    const machine = new CxlMachine();
    createRegion(machine, ['2.0'], GIB);
    expect(machine.modules.rmmod('cxl_acpi')).toBeUndefined();
    expect(machine.list('/sys/bus/cxl/devices')).toEqual(['mem0']);
    expect(machine.iomem).not.toContain('CXL');
    expect(machine.exists('/sys/bus/dax/devices/dax0.0')).toBe(false);
    expect(machine.modules.modprobe('cxl_acpi')).toBeUndefined();
    createRegion(machine, ['2.0'], GIB);
  });

  it('is not there on a machine without windows', () => {
    const machine = new CxlMachine([]);
    expect(machine.list('/sys/bus/cxl/devices')).toEqual([]);
    expect(machine.read('/sys/devices/platform/ACPI0017:00/uevent')).toEqual(ENOENT);
  });

  it('is not there before Linux 6.3, which brought volatile regions', () => {
    const machine = new CxlMachine([window()], ['cxl_acpi'], () => {}, '6.1');
    expect(machine.modules.modprobe('cxl_acpi')).toEqual(ENOENT);
    expect(machine.exists('/sys/bus/cxl')).toBe(false);
    expect(machine.iomem).not.toContain('CXL');
  });
});

describe('what the firmware committed', () => {
  const range = { start: 64n * GIB, end: 66n * GIB - 1n };

  it('is where a window begins with soft reserved memory', () => {
    const windows = [window(), { ...window(), start: 64n * GIB, end: 68n * GIB - 1n }];
    expect(withCommittedRegions(windows, [range]).map(each => each.committedBytes)).toEqual([
      undefined,
      2n * GIB,
    ]);
  });

  it('is not what only lies in a window, or leaves it', () => {
    const later = { start: range.start + GIB, end: range.end };
    const longer = { start: range.start, end: range.end + 64n * GIB };
    const windows = [{ ...window(), start: 64n * GIB, end: 68n * GIB - 1n }];
    expect(withCommittedRegions(windows, [later, longer])).toEqual(windows);
  });
});
