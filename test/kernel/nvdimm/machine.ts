import type { OpenFile } from '../../../src/kernel/fs/file-system.ts';
import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import { isErrno } from '../../../src/kernel/lib/errno.ts';
import { O_RDWR } from '../../../src/kernel/lib/stat.ts';
import type { Timer } from '../../../src/kernel/lib/timer.ts';
import type { MachineDescription, MachineOptions } from '../../../src/machine/description.ts';
import type { Machine } from '../../../src/machine/machine.ts';
import { createRack, type Rack } from '../../../src/machine/rack.ts';
import { Shell } from '../../model/shell.ts';

export const GIB = 1n << 30n;
export const PMEM_START = 0x180000000n;
export const SOFT_START = 0x200000000n;
export const ROOT = { uid: 0, gid: 0, pid: 1 };

export interface PmemMachineOptions extends MachineOptions {
  readonly kernel?: string;
  /** Described by the memory map only; or else by an NFIT, with a DIMM of its own. */
  readonly legacy?: boolean;
  /** Bytes. */
  readonly labelSize?: number;
  readonly labelsInitialized?: boolean;
  /** Runs what a machine does later; left out, it never comes to that. */
  readonly timer?: Timer;
  readonly before?: readonly string[];
  /** 1 GiB of soft-reserved memory besides, which no table gives a node. */
  readonly softReserved?: boolean;
}

/** A machine of 2 GiB on node 0 and 1 GiB of persistent memory on node 1 behind it. */
export class PmemMachine {
  readonly rack: Rack;
  readonly shell: Shell;

  constructor(options: PmemMachineOptions = {}) {
    let now = 0n;
    this.rack = createRack([{ description: describeMachine(options) }], {
      clock: () => (now += 1000n),
      ...(options.timer ? { timer: options.timer } : {}),
      onBug: throwBug,
    });
    this.shell = new Shell(this.rack.fileSystem);
  }

  get machine(): Machine {
    return this.rack.machine();
  }

  /** A file's text, or the name of the errno. */
  read(path: string): string {
    const text = this.shell.read(path);
    return isErrno(text) ? text.name : text;
  }

  /** OK, or the name of the errno. */
  write(path: string, text: string): string {
    const taken = this.shell.write(path, text);
    return isErrno(taken) ? taken.name : 'OK';
  }

  nd(device: string, attribute: string): string {
    return this.read(`/sys/bus/nd/devices/${device}/${attribute}`);
  }

  setNd(device: string, attribute: string, text: string): string {
    return this.write(`/sys/bus/nd/devices/${device}/${attribute}`, text);
  }

  bind(driver: string, device: string): string {
    return this.write(`/sys/bus/nd/drivers/${driver}/bind`, device);
  }

  unbind(driver: string, device: string): string {
    return this.write(`/sys/bus/nd/drivers/${driver}/unbind`, device);
  }

  control(file: string, text: string): string {
    return this.write(`/sys/kernel/debug/daxsim/${file}`, text);
  }

  /** The lines of /proc/iomem in the persistent range, without their indentation. */
  iomem(): string[] {
    return this.read('/proc/iomem')
      .split('\n')
      .filter(line => /^ *1[89ab][0-9a-f]{7}-/.test(line))
      .map(line => line.trim());
  }

  log(): string[] {
    const { log } = this.machine;
    const lines: string[] = [];
    for (let i = log.first; i < log.next; i++) lines.push(log.at(i)!.text);
    return lines;
  }

  /** /dev/pmem0, for reading and writing. */
  openDisk(): OpenFile {
    const inode = this.shell.resolve('/dev/pmem0');
    const file = isErrno(inode) ? inode : this.rack.fileSystem.open(inode, O_RDWR, ROOT);
    if (isErrno(file)) throw new Error(file.name);
    return file;
  }

  /** What happened on the way: each uevent with its keys. */
  uevents(act: () => void): string[] {
    const { uevents } = this.machine.core;
    const from = uevents.next;
    act();
    const seen: string[] = [];
    for (let i = from; i < uevents.next; i++) seen.push(uevents.at(i)!.env.join(' '));
    return seen;
  }

  /** A devdax device over all of a label-less namespace: its page map in RAM or on the device. */
  makeDevdax(mode: 'ram' | 'pmem', align = '2097152'): string {
    this.unbind('nd_pmem', 'namespace0.0');
    const seed = this.nd('region0', 'dax_seed').trim();
    this.setNd(seed, 'mode', `${mode}\n`);
    this.setNd(seed, 'align', align);
    this.setNd(seed, 'uuid', 'daf51000-0000-4000-8000-000000000001');
    this.setNd(seed, 'namespace', 'namespace0.0');
    return this.bind('dax_pmem', seed);
  }
}

function describeMachine(options: PmemMachineOptions): MachineDescription {
  const { kernel = '6.12.117', legacy = false, labelSize = 131072, before, softReserved, ...given } = options;
  const { labelsInitialized = false, timer: _, ...rest } = given;
  const [start, end] = [PMEM_START, PMEM_START + GIB - 1n].map(address => `0x${address.toString(16)}`) as [
    string,
    string,
  ];
  const soft = { start: '0x200000000', end: '0x23fffffff', type: 'soft reserved' as const };
  const persistent = { start, end, type: 'persistent (type 12)' as const };
  return {
    name: 'pmem',
    kernel,
    cmdline: 'memhp_default_state=offline',
    firmware: {
      memoryMap: [
        { start: '0x0', end: '0x9fbff', type: 'usable' },
        { start: '0x100000', end: '0x7fffffff', type: 'usable' },
        ...(legacy ? [persistent] : []),
        ...(softReserved ? [soft] : []),
      ],
      cpus: [{ cpu: 0, proximityDomain: 0 }],
      srat: [
        { start: '0x0', end: '0x7fffffff', proximityDomain: 0 },
        { start, end, proximityDomain: 1, nonVolatile: true },
      ],
      slit: [],
      nvdimms: legacy
        ? []
        : [{ start, end, proximityDomain: 1, size: Number(GIB), labelSize, labelsInitialized }],
      cxlWindows: [],
    },
    before: before ?? [
      `modprobe ${legacy ? 'nd_e820' : 'nfit'}`,
      'modprobe nd_pmem',
      'modprobe dax_pmem',
      'modprobe device_dax',
    ],
    options: rest,
  };
}
