import { type ChildSource, Directory, Link } from '../../fs/directory.ts';
import type { Node } from '../../fs/node.ts';
import { EHWPOISON, type Errno, refusal } from '../../lib/errno.ts';
import { S_IFDIR, S_IFLNK } from '../../lib/stat.ts';
import { offlinePages, onlinePages } from '../../mm/hotplug/online-pages.ts';
import type { MemoryManagement } from '../../mm/memory-management.ts';
import { Bus } from '../bus.ts';
import { RootDevice } from '../device.ts';
import type { UeventAction } from '../uevent.ts';
import { blockName, MemoryBlock, parseBlockName } from './memory-block.ts';
import { memoryRootAttributes } from './memory-root.ts';
import { MMOP_OFFLINE, MMOP_ONLINE } from './online-type.ts';

const DEVPATH = '/devices/system/memory/';

/** drivers/base/memory.c: the memory bus, its devices and their two states. Nothing is kept for a block nobody looks at. */
export class BlockDevices {
  readonly #memory: MemoryManagement;
  readonly bus: Bus;
  readonly root: RootDevice;

  constructor(memory: MemoryManagement) {
    const { core } = memory;
    this.#memory = memory;
    const has = (name: string): boolean => memory.blocks.has(parseBlockName(name) ?? -1);
    const links = (): ChildSource => new BlockNames(memory, S_IFLNK, id => this.directory(id));
    this.bus = new Bus(core, 'memory', { links, has });
    this.root = new RootDevice(core, 'memory', core.systemDirectory, [
      memoryRootAttributes(core.profile).of(memory),
      new BlockNames(memory, S_IFDIR),
    ]);
    this.root.add();
  }

  /** The block's directory, made now if it was not yet. */
  directory(id: number): Directory {
    return this.root.directory.child(blockName(id)) as Directory;
  }

  /** A block was added to the table. */
  added(id: number): void {
    this.#changed(id);
    this.#send('add', id);
  }

  /** Takes a block out of the tree and the table. */
  remove(id: number): void {
    const { blocks } = this.#memory;
    const nodes = blocks.nodesOf(id);
    this.#send('remove', id);
    blocks.remove(id);
    this.#changed(id);
    for (const node of nodes) this.#memory.nodes.device(node)?.blockChanged(blockName(id));
  }

  /** register_memory_blocks_under_node_hotplug, for one block. */
  linkToNode(id: number): void {
    const { blocks, nodes } = this.#memory;
    const name = blockName(id);
    const node = nodes.device(blocks.nodeOf(id));
    node?.blockChanged(name);
    // Whoever looked at the block when its uevent came has a directory without the link.
    const seen = this.root.directory.liveChild(name);
    if (node && seen instanceof Directory && !seen.liveChild(node.name))
      seen.addLink(node.name, node.directory);
  }

  /** device_online over memory_subsys_online: the latched type is used up by an attempt. */
  online(id: number): Errno | 'already' | undefined {
    const { blocks, core, failures } = this.#memory;
    if (blocks.isOnline(id)) return 'already';
    if (blocks.onlineTypeOf(id) === MMOP_OFFLINE) blocks.setOnlineType(id, MMOP_ONLINE);
    const type = blocks.onlineTypeOf(id);
    blocks.setOnlineType(id, MMOP_OFFLINE);
    if (core.profile.hotplug.poisonedBlocksStayOffline && failures.poisonedIn(id) > 0)
      return refusal(EHWPOISON, `${failures.poisonedIn(id)} pages of ${blockName(id)} are poisoned`);
    failures.unmark(id);
    onlinePages(this.#memory, id, this.#memory.policy.zoneFor(type, id));
    this.#stateChanged(id);
    this.#send('online', id);
    return undefined;
  }

  /** device_offline over memory_subsys_offline. */
  offline(id: number): Errno | 'already' | undefined {
    if (!this.#memory.blocks.isOnline(id)) return 'already';
    const refused = offlinePages(this.#memory, id);
    if (refused) return refused;
    this.#stateChanged(id);
    this.#send('offline', id);
    return undefined;
  }

  #stateChanged(id: number): void {
    const seen = this.root.directory.liveChild(blockName(id));
    if (seen instanceof Directory) seen.contentChanged('state', 'online', 'valid_zones');
  }

  #send(action: UeventAction, id: number): void {
    this.#memory.core.uevents.send(action, DEVPATH + blockName(id), 'memory', []);
  }

  #changed(id: number): void {
    const name = blockName(id);
    this.root.directory.sourceChanged(name);
    this.bus.devicesDirectory.sourceChanged(name);
  }
}

/** The names of all blocks: as directories of theirs, or as links to these. */
class BlockNames implements ChildSource {
  readonly #memory: MemoryManagement;
  readonly #type: number;
  readonly #target: ((id: number) => Directory) | undefined;

  constructor(memory: MemoryManagement, type: number, target?: (id: number) => Directory) {
    this.#memory = memory;
    this.#type = type;
    this.#target = target;
  }

  get directories(): number {
    return this.#target ? 0 : this.#memory.blocks.count;
  }

  make(parent: Directory, name: string): Node | undefined {
    const id = parseBlockName(name);
    if (id === undefined || !this.#memory.blocks.has(id)) return undefined;
    if (this.#target) return new Link(parent, name, this.#target(id));
    return new MemoryBlock(this.#memory, id, parent).directory;
  }

  *names(): Iterable<string> {
    for (const id of this.#memory.blocks.ids()) yield blockName(id);
  }

  typeOf(): number {
    return this.#type;
  }
}
