import { KERN_ERR, KERN_INFO } from '../base/printk.ts';
import { EBUSY, EHWPOISON, EIO, ENXIO, EOPNOTSUPP, type Errno } from '../lib/errno.ts';
import { prefixedHex } from '../lib/format.ts';
import { PAGE, PAGE_SHIFT, PAGES_PER_SECTION, PAGES_PER_SUBSECTION } from '../lib/page.ts';
import { overlap, type Range } from '../lib/range.ts';
import { isSystemRam } from '../resource/iomem-walk.ts';
import type { MemoryManagement } from './memory-management.ts';
import type { Zone } from './zones/zone.ts';

export interface FailureCounters {
  total: number;
  ignored: number;
  failed: number;
  delayed: number;
  recovered: number;
}

/** mm/memory-failure.c: pages that the hardware lost, or that somebody says it will. */
export class MemoryFailures {
  readonly #memory: MemoryManagement;
  readonly #poisoned = new Set<bigint>();
  readonly #byBlock = new Map<number, number>();
  readonly #counters = new Map<number, FailureCounters>();
  /** Pages that count as poisoned without a mark: pages of devices, and those whose block went online again. */
  #unmarked = 0;

  /** vm.enable_soft_offline */
  softOfflineEnabled = true;
  /** pr_info_once */
  #toldDisabled = false;

  constructor(memory: MemoryManagement) {
    this.#memory = memory;
  }

  /** `nodeN/memory_failure` */
  counters(node: number): FailureCounters {
    const counters = this.#counters.get(node) ?? {
      total: 0,
      ignored: 0,
      failed: 0,
      delayed: 0,
      recovered: 0,
    };
    this.#counters.set(node, counters);
    return counters;
  }

  /** num_poisoned_pages */
  get count(): number {
    return this.#poisoned.size + this.#unmarked;
  }

  /** Poisoned pages of a memory block. */
  poisonedIn(block: number): number {
    return this.#byBlock.get(block) ?? 0;
  }

  /** memory_failure: ENXIO for what is no online page, EHWPOISON the second time; for device memory, what its owner says. */
  hardOffline(pfn: bigint): Errno | undefined {
    const block = this.#onlineBlock(pfn);
    if (block === undefined) return this.#failDevicePage(pfn);
    if (this.#poisoned.has(pfn)) {
      this.#print(KERN_ERR, pfn, this.#memory.core.profile.memoryFailure.poisonedAlready.hard);
      return EHWPOISON;
    }
    const { unhandlable } = this.#memory.core.profile.memoryFailure;
    const isKernels = this.#isKernels(pfn, block);
    const wasHuge = !isKernels && this.#poison(pfn, block);
    if (isKernels) {
      this.#mark(pfn, block);
      this.#log(KERN_ERR, pfn, 'unhandlable page.');
    }
    this.#count(this.#memory.blocks.nodeOf(block), isKernels ? 'ignored' : 'recovered');
    const [kind, outcome] = isKernels
      ? [unhandlable, 'Ignored']
      : [wasHuge ? 'free huge page' : 'free buddy page', 'Recovered'];
    this.#log(KERN_ERR, pfn, `recovery action for ${kind}: ${outcome}`);
    return isKernels ? EBUSY : undefined;
  }

  /** soft_offline_page: ENXIO without a page, EIO for one that is not online, EOPNOTSUPP when it is disabled. */
  softOffline(pfn: bigint): Errno | undefined {
    const block = this.#onlineBlock(pfn);
    if (block === undefined) return this.#hasPage(pfn) ? EIO : ENXIO;
    if (!this.softOfflineEnabled) {
      if (!this.#toldDisabled)
        this.#memory.core.printk.print(
          KERN_INFO,
          'Memory failure: disabled by /proc/sys/vm/enable_soft_offline',
        );
      this.#toldDisabled = true;
      return EOPNOTSUPP;
    }
    if (this.#poisoned.has(pfn)) {
      this.#print(KERN_INFO, pfn, this.#memory.core.profile.memoryFailure.poisonedAlready.soft);
      return undefined;
    }
    if (this.#isKernels(pfn, block)) {
      this.#log(KERN_ERR, pfn, 'unhandlable page.');
      return EIO;
    }
    this.#poison(pfn, block);
    return undefined;
  }

  /** clear_hwpoisoned_pages: the block's memory is gone, and with it what was wrong with it. */
  forget(block: number): void {
    if (!this.#byBlock.delete(block)) return;
    for (const pfn of this.#poisoned) if (this.#memory.blockOf(pfn) === block) this.#poisoned.delete(pfn);
    this.#memory.nodes.totalsChanged();
  }

  /** memmap_init_range of a block that goes online makes its pages anew, while the count stays. */
  unmark(block: number): void {
    this.#unmarked += this.poisonedIn(block);
    this.forget(block);
  }

  /** memory_failure_dev_pagemap */
  #failDevicePage(pfn: bigint): Errno | undefined {
    const address = pfn << PAGE_SHIFT;
    const range = this.#memory.deviceRanges.at(address);
    if (!range?.owner) {
      this.#log(KERN_ERR, pfn, 'memory outside kernel control');
      return ENXIO;
    }
    const refused = range.owner.memoryFailure(address);
    this.#unmarked++;
    this.#memory.nodes.totalsChanged();
    this.#count(range.node, refused ? 'failed' : 'recovered');
    this.#log(KERN_ERR, pfn, `recovery action for dax page: ${refused ? 'Failed' : 'Recovered'}`);
    return refused;
  }

  /** pfn_to_online_page: in a block that boot memory fills only in part, device memory and subsections without any have none. */
  #onlineBlock(pfn: bigint): number | undefined {
    const { blocks, deviceRanges, facts } = this.#memory;
    const block = this.#memory.blockOf(pfn);
    if (!blocks.isOnline(block)) return undefined;
    if (blocks.presentPagesOf(block) === blocks.pagesPerBlock) return block;
    if (deviceRanges.at(pfn << PAGE_SHIFT)) return undefined;
    return facts.memory.some(range => overlap(range, around(pfn, PAGES_PER_SUBSECTION))) ? block : undefined;
  }

  /** pfn_valid: sections of boot memory have page structures as a whole. */
  #hasPage(pfn: bigint): boolean {
    const { blocks, deviceRanges, facts } = this.#memory;
    const block = this.#memory.blockOf(pfn);
    if (deviceRanges.at(pfn << PAGE_SHIFT)) return true;
    if (!blocks.isEarly(block)) return blocks.has(block);
    return facts.memory.some(range => overlap(range, around(pfn, PAGES_PER_SECTION)));
  }

  /** Takes a free page out of the page allocator; whether it was of a huge page, which is dissolved. */
  #poison(pfn: bigint, block: number): boolean {
    const { hugePages, zones } = this.#memory;
    const zone = this.#zoneOf(block);
    const wasHuge = zone !== undefined && hugePages.dissolvePage(Number(pfn), zone);
    if (zone && !this.#memory.blocks.isEarly(block)) zones.buddy(zone).take(Number(pfn));
    this.#mark(pfn, block);
    return wasHuge;
  }

  /** What is known of the kernel's own pages: those that boot found reserved, and page structures. */
  #isKernels(pfn: bigint, block: number): boolean {
    const { blocks, zones, iomem } = this.#memory;
    const address = pfn << PAGE_SHIFT;
    if (blocks.isEarly(block)) return !isSystemRam(iomem, address, address + PAGE - 1n);
    const zone = this.#zoneOf(block);
    return zone !== undefined && zones.buddy(zone).isPinned(Number(pfn));
  }

  #zoneOf(block: number): Zone | undefined {
    const { blocks, zones } = this.#memory;
    return zones.of(blocks.nodeOf(block))[blocks.zoneOf(block)];
  }

  #mark(pfn: bigint, block: number): void {
    this.#poisoned.add(pfn);
    this.#byBlock.set(block, this.poisonedIn(block) + 1);
    this.#memory.nodes.totalsChanged();
  }

  #count(node: number, result: 'ignored' | 'failed' | 'recovered'): void {
    const counters = this.counters(node);
    counters.total++;
    counters[result]++;
    this.#memory.nodes.device(node)?.failureCounted();
  }

  #log(level: number, pfn: bigint, text: string): void {
    this.#print(level, pfn, `Memory failure: PAGE: ${text}`);
  }

  #print(level: number, pfn: bigint, text: string): void {
    this.#memory.core.printk.print(level, text.replace('PAGE', prefixedHex(pfn)));
  }
}

/** The addresses of the aligned run of `pages` pages that has a page. */
function around(pfn: bigint, pages: number): Range {
  const size = BigInt(pages);
  const first = (pfn / size) * size;
  return { start: first << PAGE_SHIFT, end: ((first + size) << PAGE_SHIFT) - 1n };
}
