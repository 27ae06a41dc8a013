import { group, ro, wo } from '../../fs/attribute.ts';
import { type ChildSource, Directory, Link } from '../../fs/directory.ts';
import type { Node } from '../../fs/node.ts';
import { EAGAIN, EINVAL, type Errno } from '../../lib/errno.ts';
import { bitmapWords, dec, listRanges } from '../../lib/format.ts';
import { S_IFLNK } from '../../lib/stat.ts';
import { nodeHugePages } from '../../mm/hugetlb/hugepages.ts';
import type { FailureCounters } from '../../mm/memory-failure.ts';
import type { MemoryManagement } from '../../mm/memory-management.ts';
import type { Bus } from '../bus.ts';
import { NR_CPUS } from '../cpus.ts';
import { Device } from '../device.ts';
import { blockName, parseBlockName } from '../memory/memory-block.ts';
import { AccessDevice } from './access-device.ts';
import { nodeMeminfo, nodeVmstat } from './node-statistics.ts';

/** The st_size of the CPU masks. */
const cpulistSize = (NR_CPUS * 7) / 2;
const cpumapSize = 4096;

const NUMASTAT = ['numa_hit', 'numa_miss', 'numa_foreign', 'interleave_hit', 'local_node', 'other_node'];

const nodeAttributes = group<NodeDevice>(
  {
    compact: wo(() => undefined),
    distance: ro(node => `${node.distances()}\n`),
    meminfo: ro(node => nodeMeminfo(node.memory, node.id)),
    numastat: ro(() => NUMASTAT.map(name => `${name} 0\n`).join('')),
    vmstat: ro(node => nodeVmstat(node.memory, node.id)),
  },
  { stable: true },
);

/** mm/vmscan.c user_proactive_reclaim: EAGAIN, since nothing here can be reclaimed; EINVAL for what it cannot read. */
function reclaim(text: string): Errno | undefined {
  const [size = '', ...options] = text
    .trimStart()
    .split(/\s+/)
    .filter((word, i) => word !== '' || i === 0);
  if (text !== '' && !/^\d+[kmgtpe]?$/i.test(size)) return EINVAL;
  for (const option of options) {
    const swappiness = /^swappiness=(\d+|max)$/.exec(option)?.[1];
    if (swappiness === undefined || Number(swappiness) > 200) return EINVAL;
  }
  return Number.parseInt(size, 10) > 0 ? EAGAIN : undefined;
}

const reclaimAttribute = group<NodeDevice>(
  {
    reclaim: wo((node, text) => {
      const refused = reclaim(text);
      return refused && node.core.profile.node.reclaim === 'EAGAIN' ? EAGAIN : refused;
    }),
  },
  { stable: true },
);

const cpuMasks = (options: (size: number) => { readonly binary?: true; readonly size?: number }) =>
  group<NodeDevice>(
    {
      cpulist: ro(node => `${listRanges(node.cpus)}\n`, options(cpulistSize)),
      cpumap: ro(node => `${bitmapWords(node.cpus, node.memory.cpus.bits)}\n`, options(cpumapSize)),
    },
    { stable: true },
  );

const binaryCpuMasks = cpuMasks(size => ({ binary: true, size }));
const plainCpuMasks = cpuMasks(() => ({}));

const failureAttributes = group<FailureCounters>(
  {
    total: ro(counters => dec(counters.total)),
    ignored: ro(counters => dec(counters.ignored)),
    failed: ro(counters => dec(counters.failed)),
    delayed: ro(counters => dec(counters.delayed)),
    recovered: ro(counters => dec(counters.recovered)),
  },
  { stable: true },
);

/** drivers/base/node.c `struct node`: /sys/devices/system/node/nodeN while the node is online. */
export class NodeDevice extends Device {
  readonly memory: MemoryManagement;
  readonly id: number;
  readonly cpus: readonly number[];
  readonly #blocks: BlockLinks;
  readonly #access = new Map<number, AccessDevice>();

  constructor(memory: MemoryManagement, id: number) {
    super(memory.core, `node${id}`, memory.nodes.root.directory);
    this.memory = memory;
    this.id = id;
    this.cpus = memory.facts.nodes.find(node => node.id === id)?.cpus ?? [];
    this.#blocks = new BlockLinks(memory, id);
  }

  override get bus(): Bus {
    return this.memory.nodes.bus;
  }

  override groups(): ChildSource[] {
    const masks = this.core.profile.node.binaryCpuMasks ? binaryCpuMasks : plainCpuMasks;
    const reclaims = this.core.profile.node.reclaim ? [reclaimAttribute.of(this)] : [];
    return [nodeAttributes.of(this), masks.of(this), ...reclaims, this.#blocks];
  }

  /** What register_node adds after the device itself. */
  populate(): void {
    const { directory, memory } = this;
    if (this.core.profile.node.memoryFailureCounters)
      directory
        .addDirectory('memory_failure')
        .attach(failureAttributes.of(memory.failures.counters(this.id)));
    if (this.core.profile.node.archDirectory) directory.addDirectory('x86');
    this.followMemory();
    for (const cpu of this.cpus) {
      const target = memory.cpus.directory(cpu);
      directory.addLink(target.name, target);
      target.addLink(this.name, directory);
    }
  }

  /** hugetlb_register_node and hugetlb_unregister_node. */
  followMemory(): void {
    const { directory, memory } = this;
    const wanted = this.core.profile.node.emptyHaveHugePages || memory.nodes.hasMemory.has(this.id);
    if (wanted === (directory.child('hugepages') !== undefined)) return;
    if (wanted) nodeHugePages(directory.addDirectory('hugepages'), memory.hugePages, this.id);
    else directory.remove('hugepages');
  }

  /** node_init_node_access: `accessN`, made by whoever needs it first. */
  access(index: number): AccessDevice {
    let access = this.#access.get(index);
    if (!access) {
      access = new AccessDevice(this.core, `access${index}`, this.directory);
      access.add();
      this.#access.set(index, access);
    }
    return access;
  }

  /** node_read_distance: a blank before every node but node 0. */
  distances(): string {
    const { facts, nodes } = this.memory;
    return nodes
      .online()
      .map(node => `${node === 0 ? '' : ' '}${facts.distance(this.id, node)}`)
      .join('');
  }

  /** See {@link Nodes.countersChanged}. */
  countersChanged(): void {
    this.directory.contentChanged('meminfo', 'vmstat');
  }

  /** A counter of `memory_failure` changed. */
  failureCounted(): void {
    const counters = this.directory.liveChild('memory_failure');
    if (counters instanceof Directory) counters.contentChanged(...failureAttributes.attributes.keys());
  }

  /** A block of the node came or went. */
  blockChanged(name: string): void {
    this.directory.sourceChanged(name);
  }
}

/** The `memoryM` links of a node. */
class BlockLinks implements ChildSource {
  readonly directories = 0;
  readonly #memory: MemoryManagement;
  readonly #node: number;

  constructor(memory: MemoryManagement, node: number) {
    this.#memory = memory;
    this.#node = node;
  }

  make(parent: Directory, name: string): Node | undefined {
    const id = parseBlockName(name);
    const { blocks, blockDevices } = this.#memory;
    if (id === undefined || !blocks.has(id) || !blocks.isOn(id, this.#node)) return undefined;
    return new Link(parent, name, blockDevices.directory(id));
  }

  *names(): Iterable<string> {
    for (const id of this.#memory.blocks.ids(this.#node)) yield blockName(id);
  }

  typeOf(): number {
    return S_IFLNK;
  }
}
