import { larger, roundUp, smaller } from '../kernel/lib/bigint.ts';
import { prefixedHex } from '../kernel/lib/format.ts';
import { byStart, isCovered, type Range } from '../kernel/lib/range.ts';
import type { MachineError } from './description.ts';
import type { MachineSpec } from './schema.ts';
import { type SizeText, sizeOf, unaddressable } from './size.ts';

/** RAM below 4 GiB ends here; the rest of that space belongs to devices. */
const LOW_END = 0x80000000n;
export const HIGH_START = 0x100000000n;
const GIBIBYTE = 1n << 30n;
export type Purpose = 'ram' | 'soft_reserved' | 'pmem' | 'legacy_pmem' | 'cxl_windows';

/** What may lie in what comes before it. */
const NESTING: readonly Purpose[] = ['cxl_windows', 'ram', 'soft_reserved'];

interface RangeSpec {
  readonly start?: SizeText | undefined;
  readonly size: SizeText;
  readonly node?: number | undefined;
}

/** A range of the machine's address space, and what in the file asked for it. */
export interface Placed extends Range {
  readonly purpose: Purpose;
  readonly path: string;
  readonly node: number | undefined;
  /** Index in the list of its purpose. */
  readonly index: number;
}

/** Where everything of a machine file lies. Ranges without a start go behind what comes before them. */
export class Layout {
  readonly placed: Placed[] = [];
  readonly errors: MachineError[] = [];
  /** Behind all that is placed. */
  #past = 0n;

  constructor(spec: MachineSpec) {
    this.#placeRam(spec);
    for (const purpose of ['soft_reserved', 'pmem', 'legacy_pmem', 'cxl_windows'] as const) {
      this.#placeAll(purpose, spec[purpose] ?? []);
    }
    this.placed.sort(byStart);
    this.#refuseOverlaps();
  }

  of(purpose: Purpose): readonly Placed[] {
    return this.placed.filter(range => range.purpose === purpose);
  }

  size(value: SizeText, path: string): bigint {
    const bytes = sizeOf(value);
    if (bytes === undefined) this.errors.push({ path, message: `not a size: ${value}` });
    return bytes ?? 0n;
  }

  /** A range that is given by its start. */
  range(range: { readonly start: SizeText; readonly size: SizeText }, path: string): Range {
    const start = this.size(range.start, `${path}.start`);
    const end = start + this.#extent(range.size, `${path}.size`) - 1n;
    this.#refuseUnaddressable(end, path);
    return { start, end };
  }

  #extent(value: SizeText, path: string): bigint {
    const size = this.size(value, path);
    if (size === 0n) this.errors.push({ path, message: 'an empty range' });
    return size;
  }

  #refuseUnaddressable(end: bigint, path: string): void {
    const message = unaddressable(end);
    if (message) this.errors.push({ path, message });
  }

  /** RAM of a given size goes behind the nodes before it, with a gap between low and high memory. */
  #placeRam({ nodes }: MachineSpec): void {
    let next = 0n;
    for (const [node, { ram = 0 }] of nodes.entries()) {
      const path = `nodes[${node}].ram`;
      if (Array.isArray(ram)) {
        for (const [index, range] of ram.entries()) {
          const at = `${path}[${index}]`;
          this.#add(
            'ram',
            at,
            node,
            index,
            this.size(range.start, `${at}.start`),
            this.#extent(range.size, `${at}.size`),
          );
        }
      } else {
        const size = this.size(ram, path);
        const low = next >= LOW_END ? 0n : smaller(size, LOW_END - next);
        this.#add('ram', path, node, 0, next, low);
        this.#add('ram', path, node, 0, next > HIGH_START ? next : HIGH_START, size - low);
      }
      next = larger(next, this.#past);
    }
  }

  #placeAll(purpose: Purpose, ranges: readonly RangeSpec[]): void {
    for (const [index, range] of ranges.entries()) {
      const path = `${purpose}[${index}]`;
      const size = this.#extent(range.size, `${path}.size`);
      const start = range.start === undefined ? this.#nextFree() : this.size(range.start, `${path}.start`);
      this.#add(purpose, path, range.node, index, start, size);
    }
  }

  #nextFree(): bigint {
    return roundUp(larger(this.#past, HIGH_START), GIBIBYTE);
  }

  #add(
    purpose: Purpose,
    path: string,
    node: number | undefined,
    index: number,
    start: bigint,
    size: bigint,
  ): void {
    if (size === 0n) return;
    const end = start + size - 1n;
    this.#refuseUnaddressable(end, path);
    this.#past = larger(this.#past, end + 1n);
    this.placed.push({ purpose, path, node, index, start, end });
  }

  /** Firmware may tell in one entry of what lies in several CXL windows. */
  #windowsCover(outer: Placed, inner: Range): boolean {
    return outer.purpose === 'cxl_windows' && isCovered(inner, this.of('cxl_windows'));
  }

  /** Soft reserved memory may be a part of a node's RAM, and both of the CXL windows that have it; nothing else may overlap. */
  #refuseOverlaps(): void {
    for (const [i, a] of this.placed.entries()) {
      for (const b of this.placed.slice(i + 1)) {
        if (b.start > a.end) break;
        const [outer, inner] = NESTING.indexOf(a.purpose) < NESTING.indexOf(b.purpose) ? [a, b] : [b, a];
        const nests = outer.purpose !== inner.purpose && NESTING.includes(outer.purpose);
        if (nests && (covers(outer, inner) || this.#windowsCover(outer, inner))) {
          if (outer.node === undefined || inner.node === undefined || inner.node === outer.node) continue;
          this.errors.push({
            path: `${inner.path}.node`,
            message: `lies in the memory of node ${outer.node}`,
          });
        } else {
          this.errors.push({ path: b.path, message: `overlaps ${a.path} at ${prefixedHex(b.start)}` });
        }
      }
    }
  }
}

function covers(outer: Placed, inner: Placed): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
