import { describe, expect, it } from 'vitest';
import { DaxMemory } from '../../../../src/kernel/dax/contents/dax-memory.ts';
import { SimulatedMappings } from '../../../../src/kernel/dax/contents/device-mappings.ts';
import { mappingsControl } from '../../../../src/kernel/dax/contents/device-mappings-control.ts';
import {
  EACCES,
  EEXIST,
  EFAULT,
  EINVAL,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENXIO,
  EOPNOTSUPP,
  type Errno,
  isErrno,
} from '../../../../src/kernel/lib/errno.ts';
import { GIB } from '../../mm/device-memory.ts';
import { CALLER, DaxMachine, REGION_START } from '../machine.ts';

function process() {
  const machine = new DaxMachine(GIB);
  const memory = new DaxMemory();
  const mappings = new SimulatedMappings(machine.bus, memory, () => {});
  const control = mappingsControl(mappings);
  const write = (command: string) => control.store!(`${command}\n`, CALLER) as Errno | undefined;
  const show = () => control.show!(CALLER);
  return { machine, memory, mappings, write, show };
}

describe('the simulated process', () => {
  it('maps, stores and loads', () => {
    const { write, show, memory } = process();
    expect(write('mmap dax0.0 0x400000 0x200000')).toBeUndefined();
    expect(write('store 0 16 hello world')).toBeUndefined();
    expect(write('load 0 0x200000')).toBeUndefined();
    expect(Buffer.from(memory.read(REGION_START + 0x200010n, 11) as Uint8Array).toString()).toBe(
      'hello world',
    );
    expect(show()).toBe(
      '0 dax0.0 7f0000000000-7f0000400000 rw-s 00200000 present=2 pte=0 pmd=2 pud=0 sigbus=0\n',
    );
  });

  it.each([
    ['', EINVAL],
    ['dance', EINVAL],
    ['mmap', EINVAL],
    ['mmap dax0.0', EINVAL],
    ['mmap dax0.0 junk', EINVAL],
    ['mmap dax9.9 0x200000', ENODEV],
    ['mmap dax0.0 0', EINVAL],
    ['mmap dax0.0 0x200000 12', EINVAL],
    ['mmap dax0.0 0x200000 private', EINVAL],
    ['mmap dax0.0 0x1000', EINVAL],
    ['load 7 0', ENOENT],
    ['load 7', EINVAL],
    ['store 7 0 x', ENOENT],
    ['munmap 7', ENOENT],
    ['unpin 0x1000', ENOENT],
    ['nohugepage 7', ENOENT],
  ])('answers %j with %s', (command, errno) => {
    expect(process().write(command)).toEqual(errno);
  });

  it('cannot map what device_dax does not have', () => {
    const { machine, write } = process();
    machine.unbind();
    expect(write('mmap dax0.0 0x200000')).toEqual(ENXIO);
  });

  it('logs why a mapping was refused', () => {
    const { machine, write } = process();
    write('mmap dax0.0 0x200000 private');
    write('mmap dax0.0 0x1000');
    expect(machine.log).toEqual([
      'device_dax dax0.0: test: dax_mmap: fail, attempted private mapping',
      'device_dax dax0.0: test: dax_mmap: fail, unaligned vma (0x7f0000000000 - 0x7f0000001000, 0x1fffff)',
    ]);
  });

  it('gets a signal for a store to a read-only mapping, and for any access outside of it', () => {
    const { write } = process();
    write('mmap dax0.0 0x200000 ro');
    expect(write('store 0 0 x')).toEqual(EFAULT);
    expect(write('load 0 0x200000')).toEqual(EFAULT);
    expect(write('load 0 0')).toBeUndefined();
  });

  it('gets SIGBUS past the device, without huge pages, and after the driver let go', () => {
    const { machine, write, show } = process();
    write('mmap dax0.0 0x200000 0x40000000');
    expect(write('load 0 0')).toEqual(EFAULT);
    write('mmap dax0.0 0x200000');
    write('nohugepage 1');
    expect(write('load 1 0')).toEqual(EFAULT);
    write('mmap dax0.0 0x200000');
    expect(write('load 2 0')).toBeUndefined();
    machine.unbind();
    expect(write('load 2 0')).toEqual(EFAULT);
    expect(show().match(/sigbus=\d/g)).toEqual(['sigbus=1', 'sigbus=1', 'sigbus=1']);
  });

  it('faults anew after unbind and bind, and finds its bytes', () => {
    const { machine, mappings, write } = process();
    write('mmap dax0.0 0x200000');
    write('store 0 0 kept');
    machine.unbind();
    machine.bind();
    expect(mappings.load(0, 0n, 4)).toEqual(Uint8Array.from(Buffer.from('kept')));
    expect([...mappings.all()][0]!.faults).toMatchObject({ pmd: 2, sigbus: 0 });
  });

  it('can split a mapping only at the alignment of the device', () => {
    const { machine, write, show } = process();
    write('mmap dax0.0 0x800000');
    expect(write('munmap 0 0x1000 0x1000')).toEqual(EINVAL);
    expect(write('munmap 0 0x200000 0x200000')).toBeUndefined();
    expect(show().match(/7f\S+ rw-s \d+/g)).toEqual([
      '7f0000000000-7f0000200000 rw-s 00000000',
      '7f0000400000-7f0000800000 rw-s 00400000',
    ]);
    expect(machine.modules.find('device_dax')?.refcount).toBe(2);
    write('munmap 0');
    expect(machine.modules.find('device_dax')?.refcount).toBe(2);
    write('munmap 1');
    expect(machine.modules.find('device_dax')?.refcount).toBe(0);
  });

  it('pins a page: its page map outlives the unbinding, and the range cannot be bound again before', () => {
    const { machine, write, show } = process();
    write('mmap dax0.0 0x200000');
    expect(write('pin 0 0x3000')).toBeUndefined();
    expect(show()).toContain('pin 0x400003000\n');
    machine.unbind();
    expect(machine.memory.removed).toEqual([]);
    expect(machine.bind()).toEqual(EEXIST);
    expect(write('unpin 0x400003000')).toBeUndefined();
    expect(machine.memory.removed).toEqual(['400000000+40000000']);
  });

  it('gets SIGBUS when a page that it has mapped fails, and may fault it in again', () => {
    const { machine, write, show } = process();
    write('mmap dax0.0 0x200000');
    write('load 0 0');
    expect(machine.memremap.memoryFailure(REGION_START + 0x1000n)).toBeUndefined();
    expect(machine.log).toEqual([
      'Memory failure: 0x400001: Sending SIGBUS to daxsim-mapping:0 due to hardware memory corruption',
    ]);
    expect(show()).toContain('present=0 pte=0 pmd=1 pud=0 sigbus=1');
    expect(write('load 0 0x1000')).toBeUndefined();
  });
});

describe('mmap of the device node', () => {
  const MAP_SHARED = 1;
  const MAP_PRIVATE = 2;
  const MAP_SHARED_VALIDATE = 3;
  const MAP_SYNC = 0x80000;
  const MAP_POPULATE = 0x8000;
  const request = { start: 0n, length: GIB, offset: 0n, protection: 3, flags: MAP_SHARED };

  function file(flags = 2) {
    const { machine } = process();
    const opened = machine.dax().openNode(flags, CALLER);
    if (isErrno(opened)) throw new Error(`open: ${opened}`);
    return { machine, mmap: (change: Partial<typeof request>) => opened.mmap!({ ...request, ...change }) };
  }

  it('refuses a length of 0 and an odd offset first, without a word', () => {
    const { machine, mmap } = file(0);
    expect(mmap({ length: 0n, flags: MAP_PRIVATE })).toEqual(EINVAL);
    expect(mmap({ offset: 1n, flags: MAP_PRIVATE })).toEqual(EINVAL);
    expect(machine.log).toEqual([]);
  });

  it('then a length that no process has room for', () => {
    expect(file(0).mmap({ length: 1n << 47n, flags: MAP_SHARED_VALIDATE | 0x800000 })).toEqual(ENOMEM);
  });

  it('then flags that nobody knows, when they are to be validated, and no kind of mapping', () => {
    const { mmap } = file(0);
    expect(mmap({ flags: MAP_SHARED_VALIDATE | 0x800000 })).toEqual(EOPNOTSUPP);
    expect(mmap({ flags: 0 })).toEqual(EINVAL);
    expect(file().mmap({ flags: MAP_SHARED_VALIDATE | MAP_SYNC | MAP_POPULATE })).toBeUndefined();
    expect(file().mmap({ flags: MAP_SHARED | 0x800000 })).toBeUndefined();
  });

  it('then a descriptor that may not be read, or written for PROT_WRITE', () => {
    expect(file(1).mmap({ protection: 0 })).toEqual(EACCES);
    expect(file(1).mmap({ flags: MAP_PRIVATE })).toEqual(EACCES);
    expect(file(0).mmap({})).toEqual(EACCES);
    expect(file(0).mmap({ protection: 1 })).toBeUndefined();
  });

  it('then a device that device_dax let go, before the kind and the alignment', () => {
    const { machine, mmap } = file();
    machine.unbind();
    expect(mmap({ flags: MAP_PRIVATE })).toEqual(ENXIO);
    expect(machine.log).toEqual([]);
  });

  it('then a private mapping, then one that is not aligned', () => {
    const { machine, mmap } = file();
    expect(mmap({ flags: MAP_PRIVATE, length: 4096n })).toEqual(EINVAL);
    expect(mmap({ length: 4096n })).toEqual(EINVAL);
    expect(mmap({ start: 4096n })).toEqual(EINVAL);
    expect(machine.log.map(line => line.replace(/^.*fail, /, ''))).toEqual([
      'attempted private mapping',
      'unaligned vma (0x0 - 0x1000, 0x1fffff)',
      'unaligned vma (0x1000 - 0x40001000, 0x1fffff)',
    ]);
  });

  it('does not care for the size of the device: the fault will', () => {
    expect(file().mmap({ offset: 1n << 40n, length: 4n * GIB })).toBeUndefined();
  });
});
