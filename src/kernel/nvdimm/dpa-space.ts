import { larger, roundUp } from '../lib/bigint.ts';
import type { NamespaceLabel } from './label-area.ts';
import type { NdRegion } from './region.ts';
import type { Uuid } from './uuid.ts';

/** A piece of a region, relative to its start. */
export interface Extent {
  readonly offset: bigint;
  readonly size: bigint;
}

/** What labels say of a region: which parts of it belong to namespaces. Sizes count all DIMMs of the interleave set. */
export class DpaSpace {
  readonly #region: NdRegion;

  constructor(region: NdRegion) {
    this.#region = region;
  }

  /** The labels of this region on its first DIMM, in address order. */
  get labels(): readonly NamespaceLabel[] {
    const cookie = this.#region.setCookie;
    const first = this.#region.mappings[0]?.dimm.hardware.labels;
    if (!first) return [];
    return first.labels
      .filter(label => label.setCookie === cookie)
      .toSorted((a, b) => (a.dpa < b.dpa ? -1 : 1));
  }

  extentOf(label: NamespaceLabel): Extent {
    const ways = BigInt(this.#region.ways);
    return { offset: (label.dpa - this.#region.mappings[0]!.start) * ways, size: label.size * ways };
  }

  extent(uuid: Uuid | undefined): Extent | undefined {
    const label = this.labels.find(known => known.uuid === uuid);
    return label && this.extentOf(label);
  }

  /** nd_region_available_dpa, in whole units of the region's align: 0 while a DIMM is disabled. */
  get available(): bigint {
    return this.#enabled ? this.#gaps().reduce((free, gap) => free + gap.size, 0n) : 0n;
  }

  /** nd_region_allocatable_dpa: the longest aligned gap. */
  get largestGap(): bigint {
    if (!this.#enabled) return 0n;
    return this.#gaps().reduce((longest, gap) => larger(longest, gap.size), 0n);
  }

  get #enabled(): boolean {
    const { mappings } = this.#region;
    return mappings.length > 0 && mappings.every(({ dimm }) => dimm.labels !== undefined);
  }

  /** Aligned free spans in address order. */
  #gaps(): Extent[] {
    const { align, size } = this.#region;
    const gaps: Extent[] = [];
    let at = 0n;
    const close = (end: bigint): void => {
      const from = roundUp(at, align);
      const to = end - (end % align);
      if (to > from) gaps.push({ offset: from, size: to - from });
    };
    for (const label of this.labels) {
      const { offset, size: length } = this.extentOf(label);
      close(offset);
      at = offset + length;
    }
    close(size);
    return gaps;
  }

  /** scan_allocate: first fit for a new namespace; one that has space grows only next to itself. Undefined without room. */
  allocate(uuid: Uuid, size: bigint): Extent | undefined {
    const existing = this.extent(uuid);
    const gaps = this.#gaps();
    if (!existing) {
      const gap = gaps.find(candidate => candidate.size >= size);
      return gap && { offset: gap.offset, size };
    }
    const more = size - existing.size;
    if (more <= 0n) return { offset: existing.offset, size };
    const neighbour = gaps.find(
      gap =>
        gap.size >= more &&
        (gap.offset + gap.size === existing.offset || gap.offset === existing.offset + existing.size),
    );
    if (!neighbour) return undefined;
    const before = neighbour.offset < existing.offset;
    return { offset: before ? existing.offset - more : existing.offset, size };
  }

  /** nd_pmem_namespace_label_update, on every DIMM. */
  write(label: Omit<NamespaceLabel, 'dpa' | 'size' | 'setCookie'>, extent: Extent): void {
    const ways = BigInt(this.#region.ways);
    for (const { dimm, start } of this.#region.mappings) {
      const dpa = start + extent.offset / ways;
      const size = extent.size / ways;
      dimm.hardware.labels?.put({ ...label, dpa, size, setCookie: this.#region.setCookie ?? 0n });
    }
  }

  delete(uuid: Uuid): void {
    for (const { dimm } of this.#region.mappings) dimm.hardware.labels?.delete(uuid);
  }
}
