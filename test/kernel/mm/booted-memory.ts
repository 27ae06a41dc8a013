import { DriverCore } from '../../../src/kernel/base/core.ts';
import type { MemoryGroup } from '../../../src/kernel/base/memory/memory-group.ts';
import type { Directory } from '../../../src/kernel/fs/directory.ts';
import { Link, Directory as RootDirectory } from '../../../src/kernel/fs/directory.ts';
import { KERNEL, type OpenFile } from '../../../src/kernel/fs/file-system.ts';
import { FileNode, type Node, Tree } from '../../../src/kernel/fs/node.ts';
import { type Errno, isErrno } from '../../../src/kernel/lib/errno.ts';
import { O_RDWR } from '../../../src/kernel/lib/stat.ts';
import type { MemoryFacts } from '../../../src/kernel/mm/hotplug/memory-facts.ts';
import { type HotplugOptions, MemoryManagement } from '../../../src/kernel/mm/memory-management.ts';
import { DEFAULT_DAX_ADISTANCE } from '../../../src/kernel/mm/memory-tiers.ts';
import { profileOf } from '../../../src/kernel/releases/history.ts';
import { createIomem, type Resource } from '../../../src/kernel/resource/resource.ts';

export const MIB = 1n << 20n;
export const BLOCK = 128n * MIB;
export const PAGES = 32768;

const SLIT = [
  [10, 20, 17, 28],
  [20, 10, 28, 17],
  [17, 28, 10, 28],
  [28, 17, 28, 10],
];

/** 2 GiB on node 0 with a hole at the end, 2 GiB on node 1, both with a CPU; node 2 has nothing, node 3 1 GiB. */
export const facts: MemoryFacts = {
  blockSizeBytes: BLOCK,
  maxPhysicalAddress: (1n << 46n) - 1n,
  nodes: [
    { id: 0, cpus: [0], online: true },
    { id: 1, cpus: [1], online: true },
    { id: 2, cpus: [], online: false },
    { id: 3, cpus: [], online: true },
  ],
  distance: (from, to) => SLIT[from]![to]!,
  memory: [
    { node: 0, start: 0x1000n, end: 0x9efffn },
    { node: 0, start: 0x100000n, end: 0x7ffddfffn },
    { node: 1, start: 0x100000000n, end: 0x17fffffffn },
    { node: 3, start: 0x200000000n, end: 0x23fffffffn },
  ],
  zones: [
    { node: 0, name: 'DMA', startPfn: 1, spannedPages: 4095, presentPages: 3998, managedPages: 3840 },
    {
      node: 0,
      name: 'DMA32',
      startPfn: 4096,
      spannedPages: 520158,
      presentPages: 520158,
      managedPages: 485913,
    },
    {
      node: 1,
      name: 'Normal',
      startPfn: 1048576,
      spannedPages: 524288,
      presentPages: 524288,
      managedPages: 515987,
    },
    {
      node: 3,
      name: 'Normal',
      startPfn: 2097152,
      spannedPages: 262144,
      presentPages: 262144,
      managedPages: 258048,
    },
  ],
  memoryBlocks: [
    { first: 0, last: 0, nodes: [0], zone: null, presentPages: 32670 },
    { first: 1, last: 14, nodes: [0], zone: 'DMA32', presentPages: PAGES },
    { first: 15, last: 15, nodes: [0], zone: 'DMA32', presentPages: 32734 },
    { first: 32, last: 47, nodes: [1], zone: 'Normal', presentPages: PAGES },
    { first: 64, last: 71, nodes: [3], zone: 'Normal', presentPages: PAGES },
  ],
  hmat: [],
};

export interface BootOptions extends HotplugOptions {
  readonly kernel?: string;
  readonly facts?: MemoryFacts;
}

/** Memory management of a machine, and what a client sees of it. */
export class BootedMemory {
  readonly core: DriverCore;
  readonly iomem: Resource;
  readonly memory: MemoryManagement;
  readonly #root: Directory;

  constructor({ kernel = '6.12.0', facts: given = facts, ...options }: BootOptions = {}) {
    let now = 0n;
    const clock = () => ++now;
    this.#root = new RootDirectory(new Tree(clock), undefined, '');
    this.core = new DriverCore({ root: this.#root, profile: profileOf(kernel), clock });
    this.iomem = createIomem();
    this.memory = new MemoryManagement(this.core, this.iomem, given, { autoOnline: 'offline', ...options });
  }

  /** Adds blocks [first, last] to a node as kmem would. */
  add(node: number, first: number, last: number, memmapOnMemory = false): MemoryGroup {
    const { tiers } = this.memory;
    tiers.initNodeMemoryType(
      node,
      tiers.findMemoryType(tiers.calculateDistance(node, DEFAULT_DAX_ADISTANCE)),
    );
    const size = BigInt(last - first + 1) * BLOCK;
    const group = this.memory.groups.registerStatic(node, size >> 12n);
    if (isErrno(group)) throw new Error(`${group}`);
    const refused = this.memory.hotplug.addDriverManaged(
      group,
      BigInt(first) * BLOCK,
      size,
      'System RAM (kmem)',
      {
        memmapOnMemory,
      },
    );
    if (refused) throw new Error(`${refused}`);
    return group;
  }

  remove(first: number, last: number): Errno | undefined {
    return this.memory.hotplug.remove(BigInt(first) * BLOCK, BigInt(last - first + 1) * BLOCK);
  }

  node(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path.split('/')) {
      if (node instanceof Link) node = node.destination;
      node = node instanceof RootDirectory ? node.child(name) : undefined;
    }
    return node;
  }

  list(path: string): string[] {
    return (this.node(path) as Directory).list().map(entry => entry.name);
  }

  read(path: string): string | Errno {
    const file = this.#open(path);
    let text = '';
    for (;;) {
      const bytes = file.read(text.length, 1 << 20);
      if (typeof bytes === 'symbol') throw new Error(`${path} is not ready`);
      if (isErrno(bytes)) return bytes;
      if (bytes.length === 0) return text;
      text += Buffer.from(bytes).toString();
    }
  }

  /** OK or the errno's name. */
  write(path: string, text: string): string {
    const taken = this.#open(path).write(0, Buffer.from(text));
    return isErrno(taken) ? taken.name : 'OK';
  }

  state(block: number, text: string): string {
    return this.write(`sys/devices/system/memory/memory${block}/state`, text);
  }

  validZones(block: number): string {
    return `${this.read(`sys/devices/system/memory/memory${block}/valid_zones`)}`.trim();
  }

  /** `ACTION name` of the events that `act` causes. */
  uevents(act: () => void): string[] {
    const { uevents } = this.core;
    const from = uevents.next;
    act();
    const seen: string[] = [];
    for (let i = from; i < uevents.next; i++) {
      const { action, devpath } = uevents.at(i)!;
      seen.push(`${action} ${devpath.slice(devpath.lastIndexOf('/') + 1)}`);
    }
    return seen;
  }

  /** Log lines that `act` causes. */
  log(act: () => void): string[] {
    const { printk } = this.core;
    const from = printk.next;
    act();
    const seen: string[] = [];
    for (let i = from; i < printk.next; i++) seen.push(printk.at(i)!.text);
    return seen;
  }

  #open(path: string): OpenFile {
    const node = this.node(path);
    if (!(node instanceof FileNode)) throw new Error(`no file ${path}`);
    const file = node.open(O_RDWR, KERNEL);
    if (isErrno(file)) throw new Error(`${path}: ${file}`);
    return file;
  }
}
