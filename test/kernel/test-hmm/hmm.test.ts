import { describe, expect, it } from 'vitest';
import { DriverCore } from '../../../src/kernel/base/core.ts';
import { ModuleLoader } from '../../../src/kernel/base/module.ts';
import { Directory } from '../../../src/kernel/fs/directory.ts';
import { KERNEL } from '../../../src/kernel/fs/file-system.ts';
import { type FileNode, Tree } from '../../../src/kernel/fs/node.ts';
import { EFAULT, EINVAL, ENODEV, ENOMEM, ENXIO, type Errno, isErrno } from '../../../src/kernel/lib/errno.ts';
import { PAGE_SIZE } from '../../../src/kernel/lib/page.ts';
import { Memremap } from '../../../src/kernel/mm/memremap/memremap.ts';
import { profileOf } from '../../../src/kernel/releases/history.ts';
import { formatIomem } from '../../../src/kernel/resource/iomem-format.ts';
import { TestHmm, testHmmModule } from '../../../src/kernel/test-hmm/hmm.ts';
import { addHmmControls } from '../../../src/kernel/test-hmm/hmm-control.ts';
import { MAX_PAGES } from '../../../src/kernel/test-hmm/hmm-process.ts';
import { FakeDeviceMemory, GIB } from '../mm/device-memory.ts';

const SPM = 16n * GIB;

/** A machine with test_hmm and its control files, used through the files. */
class HmmMachine {
  readonly memory = new FakeDeviceMemory();
  readonly core: DriverCore;
  readonly modules: ModuleLoader;
  readonly #control: Directory;

  constructor(parameters: Record<string, string> = {}) {
    const root = new Directory(new Tree(() => 0n), undefined, '');
    this.core = new DriverCore({ root, profile: profileOf('6.12'), clock: () => 0n });
    const memory = Object.assign(this.memory, { core: this.core });
    const services = { core: this.core, memory, memremap: new Memremap(memory) };
    const hmm = new TestHmm(services);
    this.modules = new ModuleLoader(this.core, [testHmmModule(hmm, services)], () => new Map());
    addHmmControls(root, hmm);
    this.#control = root.child('hmm') as Directory;
    this.modules.modprobe('test_hmm', new Map(Object.entries(parameters)));
  }

  write(name: string, text: string): Errno | undefined {
    const file = (this.#control.child(name) as FileNode).open(1, KERNEL);
    if (isErrno(file)) return file;
    const taken = file.write(0, Buffer.from(`${text}\n`));
    return isErrno(taken) ? taken : undefined;
  }

  read(name: string): string {
    const file = (this.#control.child(name) as FileNode).open(0, KERNEL);
    if (isErrno(file)) return String(file);
    return Buffer.from(file.read(0, 65536) as Uint8Array).toString();
  }

  get iomem(): string {
    return formatIomem(this.memory.iomem, true);
  }

  get log(): string[] {
    return this.memory.log;
  }
}

describe('test_hmm', () => {
  it('makes two private devices, their memory at the top of the physical addresses', () => {
    const machine = new HmmMachine();
    expect(machine.iomem).toBe(
      [
        '00000000-ffffffff : System RAM',
        '3fffe0000000-3fffefffffff : hmm_dmirror',
        '3ffff0000000-3fffffffffff : hmm_dmirror',
        '',
      ].join('\n'),
    );
    expect(machine.log).toEqual([
      'added new 256 MB chunk (total 1 chunks, 256 MB) PFNs [0x3ffff0000 0x400000000)',
      'added new 256 MB chunk (total 1 chunks, 256 MB) PFNs [0x3fffe0000 0x3ffff0000)',
      'HMM test module loaded. This is only for testing HMM.',
    ]);
    expect(machine.core.dev.child('hmm_dmirror1')).toBeDefined();
    expect(machine.core.devicesDirectory.child('hmm_dmirror0')).toBeDefined();
  });

  it('makes coherent devices where it is told that memory is, and no iomem entry for them', () => {
    const machine = new HmmMachine({
      spm_addr_dev0: `0x${SPM.toString(16)}`,
      spm_addr_dev1: `0x${(2n * SPM).toString(16)}`,
    });
    expect(machine.read('devices').split('\n').slice(2, 4)).toEqual([
      'hmm_dmirror2 coherent pages=0 400000000-40fffffff',
      'hmm_dmirror3 coherent pages=0 800000000-80fffffff',
    ]);
    expect(machine.iomem.match(/hmm_dmirror/g)).toHaveLength(2);
  });

  it('takes all of it away when it is unloaded', () => {
    const machine = new HmmMachine();
    machine.write('process', 'store 0x1000 alive');
    machine.write('process', 'migrate 0x1000 1 hmm_dmirror0');
    machine.modules.rmmod('test_hmm');
    expect(machine.iomem).not.toContain('hmm');
    expect(machine.memory.added.size).toBe(0);
    expect(machine.read('devices')).toBe('');
    expect(machine.read('process')).toContain('system "alive"');
  });
});

describe('creating and removing devices', () => {
  it('needs the module', () => {
    const machine = new HmmMachine();
    machine.modules.rmmod('test_hmm');
    expect(machine.write('create', 'private')).toEqual(ENODEV);
  });

  it.each(['', 'public', 'private 0x1000', 'coherent', 'coherent x', 'coherent 0x1 0x2'])(
    'refuses %j',
    text => {
      expect(new HmmMachine().write('create', text)).toEqual(EINVAL);
    },
  );

  it('answers what memremap_pages does, and leaves nothing behind', () => {
    const machine = new HmmMachine();
    expect(machine.write('create', 'coherent 0x40000000')).toEqual(ENXIO);
    expect(machine.write('create', 'coherent 0x400001000')).toEqual(EINVAL);
    expect(machine.read('devices').split('\n')).toHaveLength(3);
    expect(machine.write('create', 'coherent 0x400000000')).toBeUndefined();
    expect(machine.read('devices')).toContain('hmm_dmirror2 coherent pages=0 400000000-40fffffff');
  });

  it('gives the addresses of a removed device to the next one', () => {
    const machine = new HmmMachine();
    expect(machine.write('remove', 'hmm_dmirror9')).toEqual(ENODEV);
    expect(machine.write('remove', 'hmm_dmirror0')).toBeUndefined();
    expect(machine.iomem).not.toContain('3ffff0000000-');
    machine.write('create', 'private');
    expect(machine.read('devices')).toContain('hmm_dmirror0 private pages=0 3ffff0000000-3fffffffffff');
  });
});

describe('a page of a mirrored process', () => {
  it('moves to the device, and the next touch of the CPU brings it back', () => {
    const machine = new HmmMachine();
    machine.write('process', 'store 0x7000 some text');
    expect(machine.write('process', 'migrate 0x7000 1 hmm_dmirror0')).toBeUndefined();
    expect(machine.read('process')).toBe(
      'faults=0 to_device=1 to_system=0\n000000007000 hmm_dmirror0 0x3ffff0000 "some text"\n',
    );
    expect(machine.write('process', 'load 0x7004')).toBeUndefined();
    expect(machine.read('process')).toBe(
      'faults=1 to_device=1 to_system=1\n000000007000 system "some text"\n',
    );
  });

  it('stays on a coherent device while the CPU uses it', () => {
    const machine = new HmmMachine();
    machine.write('create', 'coherent 0x400000000');
    machine.write('process', 'migrate 0 2 hmm_dmirror2');
    machine.write('process', 'store 0xffe across');
    expect(machine.read('process')).toBe(
      [
        'faults=0 to_device=2 to_system=0',
        '000000000000 hmm_dmirror2 0x400000 ""',
        '000000001000 hmm_dmirror2 0x400001 "ross"',
        '',
      ].join('\n'),
    );
  });

  it('moves from device to device, and back by request', () => {
    const machine = new HmmMachine();
    machine.write('process', 'store 0 x');
    machine.write('process', 'migrate 0 1 hmm_dmirror0');
    machine.write('process', 'migrate 0 1 hmm_dmirror1');
    expect(machine.read('devices')).toMatch(/hmm_dmirror0 private pages=0 .*\nhmm_dmirror1 private pages=1 /);
    machine.write('process', 'migrate 0 1 system');
    expect(machine.read('process')).toBe('faults=0 to_device=2 to_system=1\n000000000000 system "x"\n');
  });

  it('holds the page map while it is on the device: removing the device takes it off first', () => {
    const machine = new HmmMachine();
    machine.write('process', 'store 0 kept');
    machine.write('process', 'migrate 0 1 hmm_dmirror0');
    machine.write('remove', 'hmm_dmirror0');
    expect(machine.read('process')).toContain('system "kept"');
    expect(machine.memory.removed).toEqual(['3ffff0000000+10000000']);
  });

  it('needs a second chunk when the first is full', () => {
    const machine = new HmmMachine();
    expect(machine.write('process', 'migrate 0 65537 hmm_dmirror0')).toBeUndefined();
    expect(machine.read('devices')).toContain(
      'hmm_dmirror0 private pages=65537 3ffff0000000-3fffffffffff 3fffd0000000-3fffdfffffff',
    );
  });

  it('migrates no more pages than the process may have, however many are asked for', () => {
    const machine = new HmmMachine();
    const most = 2n ** 35n - 1n;
    expect(machine.write('process', `migrate 0 ${most} system`)).toBeUndefined();
    expect(machine.write('process', `migrate 0 ${most} hmm_dmirror0`)).toBe(ENOMEM);
    expect(machine.read('devices')).toContain(`hmm_dmirror0 private pages=${MAX_PAGES} `);
    expect(machine.write('process', `store ${MAX_PAGES * PAGE_SIZE} x`)).toBe(ENOMEM);
    expect(machine.write('process', `migrate 0 ${most} system`)).toBeUndefined();
    expect(machine.read('devices')).toContain('hmm_dmirror0 private pages=0 ');
  });

  it.each([
    ['load 0x800000000000', EFAULT],
    [`migrate 0 ${2n ** 64n - 1n} hmm_dmirror0`, EINVAL],
    [`migrate 0x7ffffffff000 2 system`, EINVAL],
  ])('reaches nothing behind its address space: %j', (command, errno) => {
    expect(new HmmMachine().write('process', command)).toBe(errno);
  });

  it.each([
    ['dance', EINVAL],
    ['load', EINVAL],
    ['load x', EINVAL],
    ['migrate 0', EINVAL],
    ['migrate 0 1', ENODEV],
    ['migrate 0 1 hmm_dmirror7', ENODEV],
    ['migrate 0 1 system now', EINVAL],
  ])('is not moved by %j: %s', (command, errno) => {
    expect(new HmmMachine().write('process', command)).toBe(errno);
  });
});

describe('the argument of memremap_pages', () => {
  it.each([
    ['private ranges=0', 'EINVAL', 'nr_range must be specified'],
    ['private no=ops', 'EINVAL', 'Missing migrate_to_ram method'],
    ['private no=migrate_to_ram', 'EINVAL', 'Missing migrate_to_ram method'],
    ['private no=page_free', 'EINVAL', 'Missing page_free method'],
    ['private no=owner', 'EINVAL', 'Missing owner'],
    [`coherent ${SPM} no=page_free`, 'EINVAL', 'Missing page_free method'],
    [`coherent ${SPM} no=owner`, 'EINVAL', 'Missing owner'],
    ['private ranges=2 altmap=2048', 'EINVAL', 'altmap not supported for multiple ranges'],
    ['private altmap=2048 base=7', 'EINVAL', 'memory add fail, invalid altmap'],
    ['private altmap=131072', 'EINVAL', 'memory add fail, invalid altmap'],
  ])('%s is %s: %s', (text, errno, line) => {
    const machine = new HmmMachine();
    const before = machine.iomem;
    const count = machine.log.length;
    expect(machine.write('create', text)?.name).toBe(errno);
    expect(machine.log.slice(count)).toContain(line);
    expect(machine.iomem).toBe(before);
    expect(machine.write('create', 'private')).toBeUndefined();
  });

  it('may have an unknown type, which is only warned about', () => {
    const machine = new HmmMachine();
    expect(machine.write('create', 'private type=9')).toBeUndefined();
    expect(machine.log).toContain('Invalid pgmap type 9');
  });

  it('may have an altmap, of which private memory gives no page structure back', () => {
    const machine = new HmmMachine();
    expect(machine.write('create', 'private altmap=1024')).toBeUndefined();
    expect(machine.write('create', 'private altmap=512')?.name).toBe('ENOMEM');
    expect(machine.write('remove', 'hmm_dmirror2')).toBeUndefined();
    expect(machine.log.filter(line => line === 'failed to free all reserved pages')).toHaveLength(1);
  });

  it('has no altmap without the flag for it', () => {
    const machine = new HmmMachine();
    expect(machine.write('create', 'private ranges=2 altmap=2048 flags=0')).toBeUndefined();
  });

  it.each([
    'private altmap',
    'private type=x',
    'private no=such',
    'private what=1',
    'private ranges=129',
    'private ranges=4294967295',
    'coherent',
    'secret',
  ])('%j is no argument', text => expect(new HmmMachine().write('create', text)).toEqual(EINVAL));
});
