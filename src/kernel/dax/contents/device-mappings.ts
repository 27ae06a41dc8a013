import { KERN_ERR } from '../../base/printk.ts';
import type { Caller, OpenFile } from '../../fs/file-system.ts';
import { roundUp } from '../../lib/bigint.ts';
import { EFAULT, EINVAL, ENODEV, ENOENT, type Errno, isErrno, type Result } from '../../lib/errno.ts';
import { prefixedHex } from '../../lib/format.ts';
import { MAP_PRIVATE, MAP_SHARED, PROT_READ, PROT_WRITE } from '../../lib/mman.ts';
import { PAGE, PAGE_SHIFT } from '../../lib/page.ts';
import { O_RDONLY, O_RDWR } from '../../lib/stat.ts';
import type { PageMap } from '../../mm/memremap/page-map.ts';
import type { DaxBus } from '../bus.ts';
import type { DevDax } from '../dev-dax.ts';
import type { DaxMemory } from './dax-memory.ts';
import { type FaultSize, fault, type MappedPage, maySplit, selectAddress, type Vma } from './device-fault.ts';

/** Where mappings of the simulated process begin. */
const MMAP_BASE = 0x7f0000000000n;

export interface MappingRequest {
  /** Bytes. */
  readonly length: bigint;
  readonly offset: bigint;
  readonly shared: boolean;
  readonly writable: boolean;
}

/** One mapping of the simulated process, with its page tables. */
export interface SimulatedMapping {
  readonly id: number;
  readonly dax: DevDax;
  /** The descriptor that the pieces of a mapping share. */
  readonly open: { readonly file: OpenFile; users: number };
  readonly writable: boolean;
  vma: Vma;
  /** By virtual address of the page. */
  readonly pages: Map<bigint, MappedPage>;
  /** The binding that `pages` belong to: they are zapped with it. */
  binding: PageMap | undefined;
  readonly faults: Record<FaultSize | 'sigbus', number>;
}

/** A process inside the machine that maps dax devices, faults, and is killed as the kernel says. */
export class SimulatedMappings {
  readonly #bus: DaxBus;
  readonly #memory: DaxMemory;
  readonly #stored: (dax: DevDax) => void;
  readonly #mappings = new Map<number, SimulatedMapping>();
  readonly #pins: { readonly address: bigint; readonly pageMap: PageMap }[] = [];
  #nextId = 0;
  #free = MMAP_BASE;

  /** @param stored told after a store through a mapping */
  constructor(bus: DaxBus, memory: DaxMemory, stored: (dax: DevDax) => void) {
    this.#bus = bus;
    this.#memory = memory;
    this.#stored = stored;
    bus.memremap.onFailure(address => this.#poisoned(address));
  }

  all(): Iterable<SimulatedMapping> {
    return this.#mappings.values();
  }

  get pins(): readonly { readonly address: bigint }[] {
    return this.#pins;
  }

  /** open and mmap. ENODEV for an unknown device, else what those calls answer. */
  mmap(name: string, request: MappingRequest, caller: Caller): Result<SimulatedMapping> {
    const dax = this.#bus.devDax(name);
    if (!dax) return ENODEV;
    const file = dax.openNode(request.writable ? O_RDWR : O_RDONLY, caller);
    if (isErrno(file)) return file;
    const { length, offset } = request;
    const start = selectAddress(dax.align, { hint: 0n, length, offset }, () => this.#free);
    const protection = request.writable ? PROT_READ | PROT_WRITE : PROT_READ;
    const flags = request.shared ? MAP_SHARED : MAP_PRIVATE;
    const refused = file.mmap?.({ start, length, offset, protection, flags });
    if (isErrno(refused)) {
      file.release();
      return refused;
    }
    const end = start + roundUp(length, PAGE);
    this.#free = end;
    const mapping: SimulatedMapping = {
      id: this.#nextId++,
      dax,
      open: { file, users: 1 },
      writable: request.writable,
      vma: { start, end, pageOffset: offset >> PAGE_SHIFT, hugePages: true },
      pages: new Map(),
      binding: dax.pageMap,
      faults: { pte: 0, pmd: 0, pud: 0, sigbus: 0 },
    };
    this.#mappings.set(mapping.id, mapping);
    return mapping;
  }

  /** munmap of `length` bytes at an offset of the mapping. EINVAL to split it where the device does not allow it. */
  munmap(id: number, offset = 0n, length?: bigint): Errno | undefined {
    const mapping = this.#mappings.get(id);
    if (!mapping) return ENOENT;
    const { start, end } = mapping.vma;
    const from = start + offset;
    const to = length === undefined ? end : from + length;
    if (from < start || to > end || from >= to || (from | to) % PAGE !== 0n) return EINVAL;
    for (const edge of [from, to])
      if (edge !== start && edge !== end && !maySplit(mapping.dax, edge)) return EINVAL;
    this.#cut(mapping, from, to);
    return undefined;
  }

  /** MADV_NOHUGEPAGE */
  forbidHugePages(id: number): Errno | undefined {
    const mapping = this.#mappings.get(id);
    if (!mapping) return ENOENT;
    mapping.vma = { ...mapping.vma, hugePages: false };
    return undefined;
  }

  /** A load at an offset of the mapping. EFAULT stands for SIGBUS or SIGSEGV. */
  load(id: number, offset: bigint, length: number): Result<Uint8Array> {
    const physical = this.#touch(id, offset, length, false);
    if (isErrno(physical)) return physical;
    const bytes = this.#memory.read(physical, length);
    if (!isErrno(bytes)) return bytes;
    this.#mappings.get(id)!.faults.sigbus++;
    return EFAULT;
  }

  /** A store at an offset of the mapping, inside one page. EFAULT stands for SIGBUS or SIGSEGV. */
  store(id: number, offset: bigint, data: Uint8Array): Errno | undefined {
    const physical = this.#touch(id, offset, data.length, true);
    if (isErrno(physical)) return physical;
    this.#memory.write(physical, data);
    this.#stored(this.#mappings.get(id)!.dax);
    return undefined;
  }

  /** get_user_pages: keeps the page map from going away until {@link unpin}. */
  pin(id: number, offset: bigint): Errno | undefined {
    const physical = this.#touch(id, offset, 1, false);
    if (isErrno(physical)) return physical;
    const pageMap = this.#bus.memremap.get(physical);
    if (!pageMap) return EFAULT;
    this.#pins.push({ address: physical, pageMap });
    return undefined;
  }

  /** Drops the oldest pin of a page. ENOENT without one. */
  unpin(address: bigint): Errno | undefined {
    const index = this.#pins.findIndex(pin => pin.address >> PAGE_SHIFT === address >> PAGE_SHIFT);
    const [pin] = index < 0 ? [] : this.#pins.splice(index, 1);
    if (!pin) return ENOENT;
    this.#bus.memremap.put(pin.pageMap);
    return undefined;
  }

  /** The physical address behind an access, after the fault that it may take. */
  #touch(id: number, offset: bigint, length: number, writes: boolean): Result<bigint> {
    const mapping = this.#mappings.get(id);
    if (!mapping) return ENOENT;
    const { vma, dax } = mapping;
    const address = vma.start + offset;
    if (offset < 0n || address + BigInt(length) > vma.end || (writes && !mapping.writable)) return EFAULT;
    if (!dax.object.alive || dax.pageMap !== mapping.binding) {
      mapping.pages.clear();
      mapping.binding = dax.pageMap;
    }
    const page = this.#present(mapping, address) ?? this.#fault(mapping, address);
    if (!page || address + BigInt(length) > page.start + page.bytes) return EFAULT;
    return page.physical + (address - page.start);
  }

  #present({ pages, dax }: SimulatedMapping, address: bigint): MappedPage | undefined {
    return pages.get(address - (address % dax.align));
  }

  #fault(mapping: SimulatedMapping, address: bigint): MappedPage | undefined {
    const answer = fault(mapping.dax, mapping.vma, address);
    if (answer === 'SIGBUS') {
      mapping.faults.sigbus++;
      return undefined;
    }
    mapping.faults[answer.size]++;
    mapping.pages.set(answer.start, answer);
    this.#bus.memremap.setMapping(answer.physical, answer.bytes);
    return answer;
  }

  /** mf_generic_kill_procs: whoever has the page in its page tables gets SIGBUS and loses it. */
  #poisoned(address: bigint): void {
    for (const { id, pages, faults } of this.#mappings.values()) {
      for (const [start, page] of pages) {
        if (address < page.physical || address >= page.physical + page.bytes) continue;
        pages.delete(start);
        faults.sigbus++;
        const pfn = prefixedHex(address >> PAGE_SHIFT);
        const victim = `daxsim-mapping:${id}`;
        const why = 'due to hardware memory corruption';
        this.#bus.core.printk.print(KERN_ERR, `Memory failure: ${pfn}: Sending SIGBUS to ${victim} ${why}`);
      }
    }
  }

  #cut(mapping: SimulatedMapping, from: bigint, to: bigint): void {
    const { start, end, pageOffset } = mapping.vma;
    for (const page of mapping.pages.keys()) if (page >= from && page < to) mapping.pages.delete(page);
    this.#mappings.delete(mapping.id);
    mapping.open.users += Number(from > start) + Number(to < end) - 1;
    if (from > start) this.#keep(mapping, { ...mapping.vma, end: from }, mapping.id);
    if (to < end) {
      const vma = { ...mapping.vma, start: to, pageOffset: pageOffset + ((to - start) >> PAGE_SHIFT) };
      this.#keep(mapping, vma, from > start ? this.#nextId++ : mapping.id);
    }
    if (mapping.open.users === 0) mapping.open.file.release();
  }

  #keep(mapping: SimulatedMapping, vma: Vma, id: number): void {
    const pages = new Map([...mapping.pages].filter(([page]) => page >= vma.start && page < vma.end));
    this.#mappings.set(id, { ...mapping, id, vma, pages, faults: { ...mapping.faults } });
  }
}
