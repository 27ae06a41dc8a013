import { describe, expect, it } from 'vitest';
import { EngineCalls } from '../../../src/user/calls/engine-calls.ts';
import { hasRecipe, runNdctl } from '../../../src/user/ndctl/ndctl.ts';
import { PmemMachine } from '../../kernel/nvdimm/machine.ts';

class NdctlMachine extends PmemMachine {
  /** Runs `ndctl COMMAND…`; options of a value are separate words. */
  ndctl(command: string) {
    const calls = new EngineCalls(this.rack.fileSystem, { uid: 0, gid: 0, pid: 2, comm: 'ndctl' });
    return runNdctl(calls, command.split(' '));
  }
}

function labelled(): NdctlMachine {
  const machine = new NdctlMachine();
  machine.ndctl('disable-region all');
  expect(machine.ndctl('init-labels all').stderr).toBe('initialized 1 nmem\n');
  machine.ndctl('enable-region all');
  return machine;
}

describe('ndctl create-namespace', () => {
  it('prints the devdax namespace that it made, in the words of ndctl', () => {
    const { status, stdout } = labelled().ndctl('create-namespace -m devdax -r region0 -M mem -s 512M');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\{\n {2}"dev":"namespace0.0",\n {2}"mode":"devdax",\n {2}"map":"mem",\n/);
    expect(JSON.parse(stdout)).toMatchObject({
      size: 534773760,
      daxregion: { id: 0, size: 534773760, devices: [{ chardev: 'dax0.0', target_node: 1, mode: 'devdax' }] },
      align: 2097152,
    });
  });

  it('takes the first namespace again once it is destroyed', () => {
    const machine = labelled();
    machine.ndctl('create-namespace -m devdax -s 256M');
    expect(JSON.parse(machine.ndctl('create-namespace -m devdax -s 256M').stdout).dev).toBe('namespace0.1');
    expect(machine.ndctl('destroy-namespace namespace0.0')).toMatchObject({ status: 256 - 16 });
    expect(machine.ndctl('destroy-namespace -f namespace0.0')).toMatchObject({
      status: 0,
      stderr: 'destroyed 1 namespace\n',
    });
    expect(JSON.parse(machine.ndctl('create-namespace -m fsdax -s 128M').stdout)).toMatchObject({
      dev: 'namespace0.0',
      mode: 'fsdax',
      blockdev: 'pmem0',
    });
  });

  it('passes a disabled namespace with space over, and gives the name that it is asked for', () => {
    const machine = labelled();
    machine.ndctl('create-namespace -m raw -s 64M');
    machine.ndctl('disable-namespace namespace0.0');
    expect(JSON.parse(machine.ndctl('create-namespace -m raw -s 64M -n abc').stdout).dev).toBe(
      'namespace0.1',
    );
    expect(machine.nd('namespace0.1', 'alt_name')).toBe('abc\n');
  });

  it('gives labels to a region without, when a namespace is made anew', () => {
    const machine = new NdctlMachine();
    expect(machine.ndctl('create-namespace -e namespace0.0 -m devdax').status).toBe(256 - 16);
    expect(machine.ndctl('create-namespace -f -e namespace0.0 -m devdax').status).toBe(0);
    expect(machine.nd('region0', 'nstype')).toBe('5\n');
    expect(machine.nd('dax0.0', 'mode')).toBe('pmem\n');
  });

  it('makes a legacy namespace anew without labels, since there is no DIMM to hold them', () => {
    const machine = new NdctlMachine({ legacy: true });
    expect(machine.ndctl('create-namespace -f -e namespace0.0 -m devdax').status).toBe(0);
    expect(machine.shell.list('/sys/bus/dax/devices')).toEqual(['dax0.0']);
  });

  it('makes a device of the class model where that driver is the one that devices ask for', () => {
    const before = ['modprobe nfit', 'modprobe nd_pmem', 'modprobe dax_pmem_compat'];
    const machine = new NdctlMachine({ kernel: '5.10', classModel: 'compat', before });
    expect(machine.ndctl('create-namespace -f -e namespace0.0 -m devdax').status).toBe(0);
    expect(machine.shell.exists('/sys/class/dax/dax0.0')).toBe(true);
    expect(machine.shell.list('/sys/bus/dax/devices')).toEqual([]);
  });

  it('refuses to write labels while a region uses them', () => {
    const machine = new NdctlMachine();
    expect(machine.ndctl('init-labels all')).toMatchObject({
      status: 256 - 16,
      stderr: 'initialized 0 nmems\n',
    });
  });

  it('leaves a namespace alone that a device claims without a driver, while destroy-namespace takes it', () => {
    const machine = labelled();
    machine.ndctl('create-namespace -m devdax -s 256M');
    machine.write('/sys/bus/nd/drivers/dax_pmem/unbind', 'dax0.0');
    expect(JSON.parse(machine.ndctl('create-namespace -m devdax -s 256M').stdout).dev).toBe('namespace0.1');
    expect(machine.ndctl('destroy-namespace namespace0.0').status).toBe(0);
  });

  it('makes an fsdax namespace with a driver that takes it as soon as it is loaded', () => {
    const machine = labelled();
    machine.control('rmmod', 'nd_pmem');
    const { status, stdout } = machine.ndctl('create-namespace -m fsdax -s 128M');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ mode: 'fsdax', blockdev: 'pmem0' });
  });

  it('loads the driver of a raw namespace in order to wipe it', () => {
    const machine = labelled();
    machine.ndctl('create-namespace -m devdax -s 256M');
    machine.control('rmmod', 'nd_pmem');
    expect(machine.ndctl('destroy-namespace -f namespace0.0').status).toBe(0);
    expect(machine.shell.exists('/sys/module/nd_pmem')).toBe(true);
  });

  it.each([
    ['-r region7', 'ENODEV'],
    ['-s 2G', 'ENOSPC'],
    ['-s 8M', 'EINVAL'],
  ])('%s fails with %s', (options, errno) => {
    const { status, stderr } = labelled().ndctl(`create-namespace -m devdax ${options}`);
    expect(stderr).toBe(`failed to create namespace: ${errno}\n`);
    expect(status).toBe(256 - 19);
  });
});

describe('ndctl disable-namespace and enable-namespace', () => {
  it('take a devdax namespace apart and find it again', () => {
    const machine = labelled();
    machine.ndctl('create-namespace -m devdax -s 512M');
    expect(machine.ndctl('disable-namespace all').stderr).toBe('disabled 1 namespace\n');
    expect(machine.shell.list('/sys/bus/dax/devices')).toEqual([]);
    expect(machine.ndctl('enable-namespace all').stderr).toBe('enabled 1 namespace\n');
    expect(machine.shell.list('/sys/bus/dax/devices')).toEqual(['dax0.0']);
  });

  it('pass a namespace without space over unless it is named', () => {
    const machine = labelled();
    expect(machine.ndctl('disable-namespace all').stderr).toBe('disabled 0 namespaces\n');
    expect(machine.ndctl('disable-namespace namespace0.0').stderr).toBe('disabled 1 namespace\n');
    expect(machine.ndctl('destroy-namespace -f namespace0.0').stderr).toBe('destroyed 1 namespace\n');
    expect(machine.ndctl('enable-namespace namespace0.0')).toMatchObject({ status: 256 - 6 });
  });

  it('leave a namespace alone whose memory is online', () => {
    const machine = labelled();
    machine.ndctl('create-namespace -m devdax -s 512M');
    machine.control('modprobe', 'kmem');
    machine.write('/sys/bus/dax/drivers/device_dax/unbind', 'dax0.0');
    machine.write('/sys/bus/dax/drivers/kmem/new_id', 'dax0.0');
    machine.write('/sys/devices/system/memory/memory49/state', 'online_movable');
    expect(machine.ndctl('disable-namespace namespace0.0')).toMatchObject({
      status: 256 - 16,
      stderr: 'disabled 0 namespaces\n',
    });
    machine.write('/sys/devices/system/memory/memory49/state', 'offline');
    expect(machine.ndctl('disable-namespace namespace0.0').status).toBe(0);
  });
});

describe('ndctl disable-region', () => {
  it('disables its namespaces first, and stays where memory of one is online', () => {
    const machine = labelled();
    machine.ndctl('create-namespace -m devdax -s 512M');
    machine.ndctl('create-namespace -m devdax -s 128M');
    machine.control('modprobe', 'kmem');
    machine.write('/sys/bus/dax/drivers/device_dax/unbind', 'dax0.0');
    machine.write('/sys/bus/dax/drivers/kmem/new_id', 'dax0.0');
    machine.write('/sys/devices/system/memory/memory49/state', 'online_movable');
    expect(machine.ndctl('disable-region all')).toMatchObject({ status: 0, stderr: 'disabled 0 regions\n' });
    expect(machine.nd('namespace0.1', 'holder')).toBe('\n');
    expect(machine.nd('namespace0.0', 'holder')).toBe('dax0.0\n');
  });
});

describe('recipes', () => {
  it('leave listing to the real program, but for its plainest form', () => {
    expect(hasRecipe(['list', '-N'])).toBe(true);
    expect(hasRecipe(['list', '-NXiv'])).toBe(false);
    expect(hasRecipe(['start-scrub'])).toBe(false);
  });
});
