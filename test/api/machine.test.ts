import { describe, expect, it } from 'vitest';
import { bootMachine } from '../../src/api/boot-machine.ts';
import { Failure } from '../../src/api/failure.ts';
import { SystemError } from '../../src/api/system-error.ts';
import type { MachineSpec } from '../../src/machine/schema.ts';

const DAX = '/sys/bus/dax/devices/dax0.0';
const KMEM = '/sys/bus/dax/drivers/kmem';
const O_RDWR = 2;

const spec = {
  kernel: '6.12',
  auto_online: 'offline' as const,
  nodes: [{ cpus: 1, ram: '4GiB' }, {}],
  soft_reserved: [{ size: '1GiB', node: 1 }],
} satisfies MachineSpec;

function refusalOf(act: () => unknown): SystemError {
  try {
    act();
  } catch (error) {
    if (error instanceof SystemError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('bootMachine', () => {
  it('boots a preset, a machine file’s content, and nothing for a name that is not known', async () => {
    expect((await bootMachine()).description.name).toBe('default');
    expect((await bootMachine(spec)).read(`${DAX}/size`)).toBe(`${2 ** 30}\n`);
    await expect(bootMachine('hbn')).rejects.toThrow(Failure);
    await expect(bootMachine('hbn')).rejects.toThrow('hbm');
  });

  it('tells every error of a machine that cannot be', async () => {
    const wrong = { ...spec, soft_reserved: [{ size: '1GiB', node: 7 }] };
    await expect(bootMachine(wrong)).rejects.toThrow(/soft_reserved/);
  });
});

describe('a machine in this process', () => {
  it('reads, writes and lists as a shell does', async () => {
    const machine = await bootMachine(spec);
    machine.write(`${KMEM}/unbind`, 'dax0.0');
    expect(machine.exists(`${DAX}/driver`)).toBe(false);
    machine.write('/sys/bus/dax/drivers/device_dax/new_id', 'dax0.0');
    expect(machine.readlink(`${DAX}/driver`)).toMatch(/device_dax$/);
    expect(machine.list('/sys/bus/dax/drivers')).toEqual(expect.arrayContaining(['kmem', 'device_dax']));
  });

  it('throws what the kernel refused with, as Node’s own calls do', async () => {
    const machine = await bootMachine(spec);
    const refused = refusalOf(() => machine.write(`${DAX}/size`, 2 ** 29));
    expect(refused).toMatchObject({ code: 'EBUSY', errno: -16, syscall: 'write' });
    expect(refused.path).toBe(`${DAX}/size`);
    expect(refusalOf(() => machine.read('/sys/nothing')).code).toBe('ENOENT');
  });

  it('knows users: who is not root cannot write an attribute', async () => {
    const user = (await bootMachine(spec)).as({ uid: 1000, gid: 1000 });
    expect(user.read(`${DAX}/size`)).toBe(`${2 ** 30}\n`);
    expect(refusalOf(() => user.write(`${KMEM}/unbind`, 'dax0.0')).code).toBe('EACCES');
  });

  it('keeps an open file apart from the next: a removed device answers ENODEV', async () => {
    const machine = await bootMachine(spec);
    const state = machine.open('/sys/devices/system/memory/memory48/state', O_RDWR);
    expect(Buffer.from(state.read()).toString()).toBe('offline\n');
    machine.write(`${KMEM}/unbind`, 'dax0.0');
    expect(refusalOf(() => state.seek(0)).code).toBe('ENODEV');
    expect(refusalOf(() => state.read()).code).toBe('ENODEV');
    state.close();
    expect(refusalOf(() => state.read()).code).toBe('EBADF');
  });

  it('tells its uevents and its log', async () => {
    const machine = await bootMachine(spec);
    const before = machine.events().length;
    machine.write('/sys/devices/system/memory/memory48/state', 'online');
    expect(machine.events().slice(before).at(-1)).toMatchObject({
      action: 'online',
      devpath: '/devices/system/memory/memory48',
    });
    machine.write(`${KMEM}/unbind`, 'dax0.0');
    expect(machine.log().at(-1)).toMatch(/cannot be hotremoved until the next reboot/);
  });

  it('runs command lines in a small shell', async () => {
    const machine = await bootMachine(spec);
    expect(machine.run(`cat ${DAX}/size; cat ${DAX}/none`)).toEqual({
      status: 1,
      stdout: `${2 ** 30}\n`,
    });
    expect(() => machine.run('perl -e 1')).toThrow('perl');
  });

  it('is as it was made after a reset', async () => {
    const machine = await bootMachine(spec);
    machine.write(`${KMEM}/unbind`, 'dax0.0');
    machine.reset();
    expect(machine.readlink(`${DAX}/driver`)).toMatch(/kmem$/);
  });
});
