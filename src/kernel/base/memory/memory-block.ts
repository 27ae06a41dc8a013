import { group, ro, rw } from '../../fs/attribute.ts';
import { Directory } from '../../fs/directory.ts';
import { EINVAL, type Errno, isErrno, refusal } from '../../lib/errno.ts';
import { dec, hexPad } from '../../lib/format.ts';
import { kstrtobool } from '../../lib/kstrtox.ts';
import { MAX_ORDER_NR_PAGES } from '../../lib/page.ts';
import type { MemoryManagement } from '../../mm/memory-management.ts';
import { zoneNames } from '../../mm/zones/zone.ts';
import type { DriverCore } from '../core.ts';
import { deviceUevent, syntheticUeventRefused, type UeventObject } from '../kobject-uevent.ts';
import { addPowerDirectory } from '../power.ts';
import { KERN_ERR } from '../printk.ts';
import { NO_ZONE } from './block-table.ts';
import {
  MMOP_OFFLINE,
  MMOP_ONLINE,
  MMOP_ONLINE_KERNEL,
  MMOP_ONLINE_MOVABLE,
  parseOnlineType,
} from './online-type.ts';

export function blockName(id: number): string {
  return `memory${id}`;
}

/** The id in `memoryN`, or undefined when that is not how the kernel spells it. */
export function parseBlockName(name: string): number | undefined {
  const match = /^memory(0|[1-9][0-9]{0,9})$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

/** The answer to `state`: EINVAL for a block that is what it is to be. */
function newState(block: MemoryBlock, result: Errno | 'already' | undefined): Errno | undefined {
  if (result !== 'already') return result;
  return refusal(EINVAL, `${blockName(block.id)} is ${block.isOnline ? 'online' : 'offline'} already`);
}

const blockAttributes = group<MemoryBlock>(
  {
    uevent: deviceUevent,
    phys_device: ro(() => '0\n'),
    phys_index: ro(block => `${hexPad(block.id, 8)}\n`),
    removable: ro(() => '1\n'),
    // What an offline block may become depends on its neighbours.
    valid_zones: ro(block => `${block.validZones()}\n`, { stable: block => block.isOnline }),
    state: rw(
      block => `${block.isOnline ? 'online' : 'offline'}\n`,
      (block, text) => {
        const type = parseOnlineType(text);
        if (isErrno(type)) return type;
        const { memory, id } = block;
        if (type === MMOP_OFFLINE) return newState(block, memory.blockDevices.offline(id));
        // Latched even when the block is online already and the write fails.
        memory.blocks.setOnlineType(id, type);
        return newState(block, memory.blockDevices.online(id));
      },
    ),
    online: rw(
      block => dec(Number(block.isOnline)),
      (block, text) => {
        const wanted = kstrtobool(text);
        if (isErrno(wanted)) return wanted;
        const { blockDevices } = block.memory;
        const result = wanted ? blockDevices.online(block.id) : blockDevices.offline(block.id);
        return result === 'already' ? undefined : result;
      },
    ),
  },
  { stable: true },
);

/** drivers/base/memory.c `struct memory_block`, made when somebody looks at it. What it is lies in the block table. */
export class MemoryBlock implements UeventObject {
  readonly subsystem = 'memory';
  readonly memory: MemoryManagement;
  readonly id: number;
  readonly directory: Directory;

  constructor(memory: MemoryManagement, id: number, parent: Directory) {
    this.memory = memory;
    this.id = id;
    this.directory = this.#populate(new Directory(parent.tree, parent, blockName(id)));
  }

  get core(): DriverCore {
    return this.memory.core;
  }

  get isOnline(): boolean {
    return this.memory.blocks.isOnline(this.id);
  }

  /** valid_zones_show: the zone it is in, or the one `online` would choose and then what else can be asked for. */
  validZones(): string {
    if (this.isOnline) return this.#zone();
    const names = [MMOP_ONLINE, MMOP_ONLINE_KERNEL, MMOP_ONLINE_MOVABLE].map(
      type => this.memory.policy.zoneFor(type, this.id).name,
    );
    return [...new Set(names)].join(' ');
  }

  /** The one zone of an online block. Of a hole's pages, test_pages_in_a_zone looked at one in each run, and it was of none. */
  #zone(): string {
    const { blocks } = this.memory;
    const zone = blocks.zoneOf(this.id);
    const holes = blocks.pagesPerBlock - blocks.presentPagesOf(this.id);
    const seen = !this.core.profile.hotplug.zoneOfHoles && holes >= MAX_ORDER_NR_PAGES;
    return seen || zone === NO_ZONE ? 'none' : zoneNames[zone]!;
  }

  ueventRefused(errno: number): void {
    const { name } = this.directory;
    const text = `memory ${name}: ${syntheticUeventRefused(this.core, errno)}`;
    this.core.printk.print(KERN_ERR, text, ['SUBSYSTEM=memory', `DEVICE=+memory:${name}`]);
  }

  #populate(directory: Directory): Directory {
    const { blocks, nodes, blockDevices } = this.memory;
    directory.attach(blockAttributes.of(this));
    directory.addLink('subsystem', blockDevices.bus.directory);
    addPowerDirectory(directory);
    for (const node of blocks.nodesOf(this.id)) {
      const target = nodes.device(node);
      if (target) directory.addLink(target.name, target.directory);
    }
    return directory;
  }
}
