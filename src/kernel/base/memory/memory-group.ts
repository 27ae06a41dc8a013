import { EINVAL, type Result, refusal } from '../../lib/errno.ts';
import { IdAllocator } from '../../lib/id-allocator.ts';

/** drivers/base/memory.c `struct memory_group`, static: the memory of one device, all added up front. */
export interface MemoryGroup {
  readonly id: number;
  readonly node: number;
  readonly maxPages: bigint;
  presentKernelPages: number;
  presentMovablePages: number;
}

/** The machine's memory groups. */
export class MemoryGroups {
  readonly #ids = new IdAllocator();
  readonly #groups = new Map<number, MemoryGroup>();
  readonly #isPossible: (node: number) => boolean;

  constructor(isPossible: (node: number) => boolean) {
    this.#isPossible = isPossible;
  }

  /** memory_group_register_static: EINVAL for an impossible node or no pages. */
  registerStatic(node: number, maxPages: bigint): Result<MemoryGroup> {
    if (!this.#isPossible(node) || maxPages === 0n)
      return refusal(EINVAL, `node ${node} is not possible on this machine, or the group is empty`);
    const group = { id: this.#ids.alloc(), node, maxPages, presentKernelPages: 0, presentMovablePages: 0 };
    this.#groups.set(group.id, group);
    return group;
  }

  /** memory_group_unregister */
  unregister(group: MemoryGroup): void {
    if (this.#groups.delete(group.id)) this.#ids.free(group.id);
  }

  /** memory_group_find_by_id; undefined for a block without group. */
  find(id: number): MemoryGroup | undefined {
    return this.#groups.get(id);
  }
}
