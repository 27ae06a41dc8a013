import { NO_ZONE } from '../../base/memory/block-table.ts';
import { KERN_INFO } from '../../base/printk.ts';
import { EBUSY, EINVAL, type Errno, refusal } from '../../lib/errno.ts';
import { prefixedHex } from '../../lib/format.ts';
import type { MemoryManagement } from '../memory-management.ts';
import { dumpUnmovablePage } from '../page-dump.ts';
import { ZONE_MOVABLE, ZONE_NORMAL, type Zone } from '../zones/zone.ts';

/** mm/memory_hotplug.c online_pages, for a whole block. */
export function onlinePages(memory: MemoryManagement, id: number, zone: Zone): void {
  const { blocks, nodes, zones, tiers } = memory;
  const pages = blocks.pagesPerBlock;
  const wasPopulated = zone.populated;
  const hadMemory = nodes.hasMemory.has(zone.node);
  if (!wasPopulated) zones.settleWatermarks();
  zone.grow(id * pages, pages);
  blocks.setOnline(id, zone.index);
  account(memory, id, zone, 1);
  if (!blocks.isEarly(id)) zones.buddy(zone).blockOnline(id);
  nodes.updateStates(zone.node);
  if (!wasPopulated) memory.zonelists.build();
  zones.setWatermarks(() => nodes.online());
  if (!hadMemory) {
    startThreads(memory, id, zone);
    tiers.nodeGainedMemory(zone.node);
    memory.accessClasses.nodeGainedMemory(zone.node);
  }
}

/** kswapd_run and kcompactd_run, for the first memory of a node; boot memory has more than enough room for them. */
function startThreads({ core, blocks, zones }: MemoryManagement, id: number, zone: Zone): void {
  if (!core.profile.hotplug.threadsOnTheirNode || zone.index > ZONE_NORMAL || blocks.isEarly(id)) return;
  zones.buddy(zone).startThreads();
}

/**
 * mm/memory_hotplug.c offline_pages, for a whole block. EINVAL for a block of several zones or with holes,
 * EBUSY when the kernel uses pages of it.
 */
export function offlinePages(memory: MemoryManagement, id: number): Errno | undefined {
  const { blocks, nodes, zones, tiers } = memory;
  const pages = blocks.pagesPerBlock;
  if (blocks.presentPagesOf(id) < pages) return refusal(EINVAL, 'the block has holes');
  if (blocks.zoneOf(id) === NO_ZONE) return refusal(EINVAL, 'the pages of the block are of several zones');
  const zone = zones.of(blocks.nodeOf(id))[blocks.zoneOf(id)]!;
  const unmovable = zones.buddy(zone).firstPinnedIn(id) ?? lastReserved(memory, id, zone);
  if (unmovable !== undefined) {
    const kind = zones.buddy(zone).isSlab(unmovable) ? 'slab' : 'reserved';
    dumpUnmovablePage(memory.core, unmovable, zone, kind);
    const page = `page ${prefixedHex(BigInt(unmovable))} in zone ${zone.name}`;
    return refusal(EBUSY, `the kernel uses ${page} (${kind}), which cannot be moved`);
  }
  account(memory, id, zone, -1);
  if (memory.core.profile.hotplug.logsOfflinedPages)
    memory.core.printk.print(KERN_INFO, `Offlined Pages ${pages}`);
  memory.hugePages.dissolve(id, zone);
  zones.buddy(zone).blockOffline(id);
  blocks.setOffline(id);
  if (!memory.core.profile.zones.memorylessFallback) nodes.updateStates(zone.node);
  zones.setWatermarks(() => nodes.online());
  if (!zone.populated) memory.zonelists.build();
  nodes.updateStates(zone.node);
  if (!nodes.hasMemory.has(zone.node)) tiers.nodeLostMemory(zone.node);
  zones.shrink(zone, id * pages, pages);
  return undefined;
}

/**
 * What boot kept for itself of a zone is in some blocks of boot memory: at the top, from where boot allocates, and at the end
 * of the last ones that are online.
 */
function lastReserved({ blocks }: MemoryManagement, id: number, zone: Zone): number | undefined {
  const { pagesPerBlock } = blocks;
  if (!blocks.isEarly(id) || zone.reservedEarlyPages === 0) return undefined;
  const end = (id + 1) * pagesPerBlock;
  const rest = zone.presentEarlyPages - pagesPerBlock;
  return end >= zone.earlyEndPfn || rest < zone.reservedEarlyPages ? end - 1 : undefined;
}

/** adjust_present_page_count and adjust_managed_page_count: a block's own page structures are present, not managed. */
function account({ blocks, groups, nodes }: MemoryManagement, id: number, zone: Zone, sign: 1 | -1): void {
  const pages = sign * blocks.pagesPerBlock;
  zone.presentPages += pages;
  zone.managedPages += pages - sign * blocks.memmapPagesOf(id);
  if (blocks.isEarly(id)) zone.presentEarlyPages += pages;
  const group = groups.find(blocks.groupOf(id));
  if (group && zone.index === ZONE_MOVABLE) group.presentMovablePages += pages;
  else if (group) group.presentKernelPages += pages;
  nodes.countersChanged(zone.node);
}
