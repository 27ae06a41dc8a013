import { describe, expect, it } from 'vitest';
import { Badblocks } from '../../../src/kernel/block/badblocks.ts';
import type { AttributeFile } from '../../../src/kernel/fs/attribute-file.ts';
import { isErrno } from '../../../src/kernel/lib/errno.ts';
import { O_RDWR, POLLPRI } from '../../../src/kernel/lib/stat.ts';
import type { Timer } from '../../../src/kernel/lib/timer.ts';
import { BadRanges } from '../../../src/kernel/nvdimm/badrange.ts';
import { PMEM_START, PmemMachine, ROOT, SOFT_START } from './machine.ts';

const BAD = PMEM_START + (256n << 20n);
const DISK = '/sys/bus/nd/devices/namespace0.0/block/pmem0';

describe('bad blocks', () => {
  it('are entries of at most 512 sectors, sorted and merged', () => {
    const blocks = new Badblocks();
    blocks.set(4000n, 8n);
    blocks.set(100n, 1024n);
    blocks.set(1124n, 1024n);
    expect(blocks.show()).toBe('100 512\n612 512\n1124 512\n1636 512\n4000 8\n');
    blocks.clear(612n, 512n);
    expect(blocks.show()).toBe('100 512\n1124 512\n1636 512\n4000 8\n');
  });

  it('are no more than 512 entries', () => {
    const blocks = new Badblocks();
    for (let i = 0n; i < 512n; i++) expect(blocks.set(i * 2n, 1n)).toBe(true);
    expect(blocks.set(5000n, 1n)).toBe(false);
    expect(blocks.entries).toHaveLength(512);
  });
});

describe('bad ranges', () => {
  it('are replaced by a longer one of the same start, trimmed and split', () => {
    const ranges = new BadRanges();
    ranges.add(0x1000n, 0x1000n);
    ranges.add(0x1000n, 0x3000n);
    ranges.forget(0x2000n, 0x1000n);
    expect(ranges.list).toEqual([
      { start: 0x1000n, end: 0x1fffn },
      { start: 0x3000n, end: 0x3fffn },
    ]);
  });
});

describe('a test for overlaps', () => {
  it('finds what a long range covers from far before, and takes as many steps as the logarithm of their number', () => {
    const ranges = new BadRanges();
    ranges.add(0x5000n, 0x100000n);
    for (let i = 0n; i < 4096n; i++) ranges.add(0x200000n + i * 0x1000n, 0x200n);
    const isBad = ranges.overlapTest();
    const at = (start: bigint, end = start) => isBad({ start, end });
    expect([0x4fffn, 0x5000n, 0x104fffn, 0x105000n].map(start => at(start))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect([at(0x200200n, 0x200fffn), at(0x200200n, 0x201000n), at(0n, 1n << 60n)]).toEqual([
      false,
      true,
      true,
    ]);
    let looks = 0;
    isBad({
      start: 0x900000n,
      get end() {
        looks++;
        return 0x900000n;
      },
    });
    expect(looks).toBeLessThan(20);
  });
});

describe('control writes over ranges', () => {
  it('cost what is held and not what is asked, and are EINVAL outside the media', () => {
    const machine = new PmemMachine();
    const end = PMEM_START + (1n << 30n);
    expect(machine.control('poison', `add ${PMEM_START} ${1n << 29n}`)).toBe('OK');
    expect(machine.control('poison', `clear ${PMEM_START} ${1n << 29n}`)).toBe('OK');
    expect(machine.control('nvdimm', `zero ${PMEM_START} ${1n << 29n}`)).toBe('OK');
    for (const span of [`${PMEM_START} ${1n << 40n}`, `0 4096`, `${end} ${(1n << 64n) - 1n}`])
      for (const [file, verb] of [
        ['poison', 'add'],
        ['poison', 'clear'],
        ['nvdimm', 'zero'],
      ] as const)
        expect(machine.control(file, `${verb} ${span}`)).toBe('EINVAL');
  });

  it('make no more bad block entries than are kept, of a range of any length', () => {
    const blocks = new Badblocks();
    expect(blocks.set(0n, 1n << 55n)).toBe(false);
    expect(blocks.entries).toHaveLength(512);
  });
});

describe('an error that the kernel knows', () => {
  it('shows in region and disk, and is gone when it is written over', () => {
    const machine = new PmemMachine();
    expect(machine.control('poison', `add ${BAD} 4096`)).toBe('OK');
    expect(machine.nd('region0', 'badblocks')).toBe('524288 8\n');
    expect(machine.read(`${DISK}/badblocks`)).toBe('524288 8\n');
    expect(machine.read('/sys/kernel/debug/daxsim/poison')).toBe('0x190000000 4096 known\n');
    const disk = machine.openDisk();
    const offset = 256 << 20;
    expect(disk.read(offset, 512)).toMatchObject({ name: 'EIO' });
    expect(disk.read(offset - 4096, 4096)).toHaveLength(4096);
    expect(disk.write(offset, new Uint8Array(2048).fill(7))).toBe(2048);
    expect(machine.nd('region0', 'badblocks')).toBe('524292 4\n');
    expect(disk.read(offset, 1)).toEqual(Uint8Array.of(7));
    expect(disk.write(offset + 2048, new Uint8Array(2048))).toBe(2048);
    expect(machine.read(`${DISK}/badblocks`)).toBe('');
    expect(machine.read('/sys/kernel/debug/daxsim/poison')).toBe('');
  });

  it('wakes who polls the badblocks of the region', () => {
    const machine = new PmemMachine();
    const inode = machine.shell.resolve('/sys/bus/nd/devices/region0/badblocks') as AttributeFile<object>;
    const file = inode.open(0, ROOT);
    file.read(0, 4096);
    let woken = 0;
    file.onWake(() => woken++);
    machine.control('poison', `add ${BAD} 512`);
    expect(woken).toBe(1);
    expect(file.poll() & POLLPRI).toBe(POLLPRI);
  });

  it('inside the room for the page map is cleared when that is made', () => {
    const machine = new PmemMachine();
    machine.control('poison', `add ${PMEM_START + 0x100000n} 4096`);
    expect(machine.makeDevdax('pmem')).toBe('OK');
    expect(machine.nd('region0', 'badblocks')).toBe('');
  });

  it('in the info block makes it unreadable', () => {
    const machine = new PmemMachine();
    machine.makeDevdax('ram');
    machine.unbind('dax_pmem', 'dax0.0');
    machine.control('poison', `add ${PMEM_START + 4096n} 512`);
    expect(machine.bind('dax_pmem', 'dax0.0')).toBe('ENXIO');
  });

  it('can be put on a disk by hand, which the region does not see', () => {
    const machine = new PmemMachine({ legacy: true });
    expect(machine.write(`${DISK}/badblocks`, '100 2048\n')).toBe('OK');
    expect(machine.write(`${DISK}/badblocks`, '4000 8')).toBe('OK');
    expect(machine.read(`${DISK}/badblocks`)).toBe('100 512\n612 512\n1124 512\n1636 512\n4000 8\n');
    expect(machine.nd('region0', 'badblocks')).toBe('');
    expect(machine.write(`${DISK}/badblocks`, '4000 8\n 5 0')).toBe('OK');
    for (const bad of ['x', '5 0', '5 1x', '5 1 '])
      expect(machine.write(`${DISK}/badblocks`, bad)).toBe('EINVAL');
    const disk = machine.openDisk();
    expect(disk.read(4000 * 512, 512)).toMatchObject({ name: 'EIO' });
    expect(disk.write(4000 * 512, new Uint8Array(4096))).toBe(4096);
    expect(disk.read(4000 * 512, 512)).toHaveLength(512);
  });
});

describe('an error that nobody knows', () => {
  it('is met by the first read, and known from then on', () => {
    const machine = new PmemMachine();
    machine.control('poison', `add ${BAD} 512 latent`);
    expect(machine.nd('region0', 'badblocks')).toBe('');
    expect(machine.openDisk().read(256 << 20, 4096)).toMatchObject({ name: 'EIO' });
    expect(machine.nd('region0', 'badblocks')).toBe('524288 1\n');
  });
});

describe('a reboot', () => {
  it('keeps content and errors, and forgets what the kernel knew of them', () => {
    const machine = new PmemMachine();
    machine.openDisk().write(8192, Uint8Array.of(42));
    machine.control('poison', `add ${BAD} 512`);
    expect(machine.control('reboot', '1')).toBe('OK');
    expect(machine.read('/sys/kernel/debug/daxsim/poison')).toBe('0x190000000 512 latent\n');
    expect(machine.nd('region0', 'badblocks')).toBe('');
    expect(machine.openDisk().read(8192, 1)).toEqual(Uint8Array.of(42));
  });
});

describe('an error in memory that is not persistent', () => {
  it('is met by whoever reads the device', () => {
    const machine = new PmemMachine({
      softReserved: true,
      before: ['modprobe device_dax', 'modprobe dax_hmem region_idle=1'],
    });
    machine.write('/sys/devices/platform/hmem.0/dax0.0/size', String(64 << 20));
    machine.write('/sys/bus/dax/drivers/device_dax/bind', 'dax0.0');
    machine.control('poison', `add ${SOFT_START + 4096n} 4096`);
    const file = '/sys/kernel/debug/daxsim/mem/dax0.0';
    const inode = machine.shell.resolve(file);
    const open = machine.rack.fileSystem.open(inode as never, O_RDWR, ROOT);
    if (isErrno(open)) throw new Error(open.name);
    expect(open.read(0, 4096)).toHaveLength(4096);
    expect(open.read(4096, 4096)).toMatchObject({ name: 'EIO' });
  });
});

describe('address range scrub', () => {
  const SCRUB = '/sys/bus/nd/devices/ndbus0/nfit/scrub';

  it('is there only where the platform has the commands', () => {
    expect(new PmemMachine().read(SCRUB)).toBe('ENOENT');
    const machine = new PmemMachine({ nvdimm: { addressRangeScrub: true } });
    expect(machine.nd('ndbus0', 'commands')).toBe('ars_cap ars_start ars_status clear_error cmd_call \n');
    expect(machine.read(SCRUB)).toBe('1\n');
  });

  it('at boot finds what was bad before', () => {
    const poison = [{ start: '0x190000000', end: '0x190000fff' }];
    const machine = new PmemMachine({ poison, nvdimm: { addressRangeScrub: true } });
    expect(machine.nd('region0', 'badblocks')).toBe('524288 8\n');
  });

  it('finds latent errors as far as it has come, and tells pollers of its end', () => {
    const machine = new PmemMachine({ nvdimm: { addressRangeScrub: true } });
    machine.control('poison', `add ${BAD} 512 latent`);
    const file = (machine.shell.resolve(SCRUB) as AttributeFile<object>).open(0, ROOT);
    file.read(0, 4096);
    expect(machine.write(SCRUB, '2')).toBe('EINVAL');
    expect(machine.write(SCRUB, '1')).toBe('OK');
    expect(machine.write(SCRUB, '1')).toBe('EBUSY');
    expect(machine.read(SCRUB)).toBe('1+\n');
    machine.control('scrub', String(128 << 20));
    expect(machine.nd('region0', 'badblocks')).toBe('');
    expect(file.poll() & POLLPRI).toBe(0);
    machine.control('scrub', 'all');
    expect(machine.nd('region0', 'badblocks')).toBe('524288 1\n');
    expect(machine.read(SCRUB)).toBe('2\n');
    expect(file.poll() & POLLPRI).toBe(POLLPRI);
    expect(machine.control('scrub', 'all')).toBe('EINVAL');
  });

  it('ends by itself in a time that fits its size', () => {
    const looks: (() => void)[] = [];
    const later: Timer = (_milliseconds, act) => {
      looks.push(act);
      return () => looks.splice(looks.indexOf(act), 1);
    };
    const machine = new PmemMachine({ timer: later, nvdimm: { addressRangeScrub: true } });
    expect(looks).toEqual([]);
    machine.write(SCRUB, '1');
    let count = 0;
    for (let look = looks.shift(); look; look = looks.shift()) {
      expect(machine.read(SCRUB)).toBe('1+\n');
      look();
      count++;
    }
    expect(machine.read(SCRUB)).toBe('2\n');
    // 1 GiB at 4 GiB in a second, looked at ten times a second.
    expect(count).toBe(3);
    machine.write(SCRUB, '1');
    machine.control('scrub', 'all');
    expect(looks).toEqual([]);
  });

  it('ends with its driver', () => {
    const looks = new Set<() => void>();
    const later: Timer = (_milliseconds, act) => {
      looks.add(act);
      return () => looks.delete(act);
    };
    const machine = new PmemMachine({ timer: later, nvdimm: { addressRangeScrub: true } });
    machine.write(SCRUB, '1');
    expect(looks.size).toBe(1);
    expect(machine.write('/sys/bus/acpi/drivers/nfit/unbind', 'ACPI0012:00')).toBe('OK');
    expect(looks.size).toBe(0);
  });

  it('starts by itself after a machine check when it is told to', () => {
    const machine = new PmemMachine({ nvdimm: { addressRangeScrub: true } });
    machine.setNd('ndbus0', 'nfit/hw_error_scrub', '1');
    machine.control('poison', `add ${BAD} 512 latent`);
    machine.openDisk().read(256 << 20, 512);
    expect(machine.read(SCRUB)).toBe('1+\n');
  });
});

describe('the policy against uncleared errors, an extension', () => {
  const options = { nvdimm: { poisonPolicy: { repMovRecoverable: true } } };

  it('is off: kmem takes memory with errors, as kernels do', () => {
    const machine = new PmemMachine();
    expect(machine.read('/sys/bus/dax/rep_mov_recoverable')).toBe('ENOENT');
    machine.makeDevdax('ram');
    machine.control('poison', `add ${BAD} 512`);
    expect(toSystemRam(machine)).toBe('OK');
  });

  it('keeps kmem from a device until its errors are cleared', () => {
    const machine = new PmemMachine(options);
    expect(machine.read('/sys/bus/dax/rep_mov_recoverable')).toBe('1\n');
    machine.makeDevdax('ram');
    machine.control('poison', `add ${BAD} 512`);
    expect(toSystemRam(machine)).toBe('EIO');
    expect(machine.log()).toContain('kmem dax0.0: not given to the system: 1 uncleared media error');
    machine.control('poison', `clear ${BAD} 512`);
    expect(machine.write('/sys/bus/dax/drivers/kmem/bind', 'dax0.0')).toBe('OK');
  });

  it('waits for a running scrub', () => {
    const machine = new PmemMachine({ nvdimm: { ...options.nvdimm, addressRangeScrub: true } });
    machine.makeDevdax('ram');
    machine.setNd('ndbus0', 'nfit/scrub', '1');
    expect(toSystemRam(machine)).toBe('EIO');
    machine.control('scrub', 'all');
    expect(machine.write('/sys/bus/dax/drivers/kmem/bind', 'dax0.0')).toBe('OK');
  });
});

function toSystemRam(machine: PmemMachine): string {
  machine.write('/sys/bus/dax/drivers/device_dax/unbind', 'dax0.0');
  machine.control('modprobe', 'kmem');
  machine.write('/sys/bus/dax/drivers/kmem/new_id', 'dax0.0');
  const bound = machine.shell.exists('/sys/bus/dax/drivers/kmem/dax0.0');
  return bound ? 'OK' : machine.write('/sys/bus/dax/drivers/kmem/bind', 'dax0.0');
}
