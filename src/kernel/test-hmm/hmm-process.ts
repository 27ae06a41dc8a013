import { EFAULT, EINVAL, ENOMEM, type Errno, isErrno, type Result } from '../lib/errno.ts';
import { PAGE, PAGE_SIZE } from '../lib/page.ts';
import type { DmirrorDevice } from './hmm-dmirror.ts';

/** TASK_SIZE with four levels of page tables. */
const TASK_SIZE = 1n << 47n;

/** What the process may use, 512 MiB: a migration takes time for each page. */
export const MAX_PAGES = 131_072;

/** A page of the process, in system memory or on a device. */
export interface HmmPage {
  /** Undefined while all are zero. */
  bytes: Uint8Array | undefined;
  /** Undefined in system memory. */
  device: { readonly device: DmirrorDevice; readonly address: bigint } | undefined;
}

export interface HmmCounters {
  /** Faults of the CPU on private memory, each of which brought a page back. */
  faults: number;
  toDevice: number;
  toSystem: number;
}

/**
 * A process whose anonymous memory is mirrored by devices: its pages move to device memory and back (mm/migrate_device.c).
 * Addresses are virtual; a page that was never touched reads as zero.
 */
export class HmmProcess {
  readonly #pages = new Map<bigint, HmmPage>();
  /** Which virtual page is in a page of device memory. */
  readonly #owners = new Map<bigint, bigint>();
  readonly counters: HmmCounters = { faults: 0, toDevice: 0, toSystem: 0 };

  pages(): [address: bigint, page: HmmPage][] {
    return [...this.#pages].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** A load by the CPU. A page in private memory faults and comes back first; coherent memory is read where it is. */
  load(address: bigint, length: number): Result<Uint8Array> {
    const loaded = new Uint8Array(length);
    return (
      this.#access(address, length, ({ bytes }, from, at) => {
        if (bytes) loaded.set(bytes.subarray(from, Math.min(PAGE_SIZE, from + length - at)), at);
      }) ?? loaded
    );
  }

  /** A store by the CPU. */
  store(address: bigint, data: Uint8Array): Errno | undefined {
    return this.#access(address, data.length, (page, from, at) => {
      page.bytes ??= new Uint8Array(PAGE_SIZE);
      page.bytes.set(data.subarray(at, at + PAGE_SIZE - from), from);
    });
  }

  /**
   * HMM_DMIRROR_MIGRATE_TO_DEV: pages that are there already stay. EINVAL beyond the address space; stops where device memory
   * ends, or with ENOMEM behind {@link MAX_PAGES}.
   */
  migrateToDevice(device: DmirrorDevice, address: bigint, count: number): Errno | undefined {
    if (!isUserSpan(address, BigInt(count) * PAGE)) return EINVAL;
    for (let i = 0; i < count; i++) {
      const virtual = pageOf(address) + BigInt(i) * PAGE;
      const page = this.#page(virtual);
      if (isErrno(page)) return page;
      if (page.device?.device === device) continue;
      const target = device.allocatePage();
      if (isErrno(target)) return target;
      this.#leaveDevice(page);
      page.device = { device, address: target };
      this.#owners.set(target, virtual);
      this.counters.toDevice++;
    }
    return undefined;
  }

  /** HMM_DMIRROR_MIGRATE_TO_SYS: pages that are in system memory stay. EINVAL beyond the address space. */
  migrateToSystem(address: bigint, count: number): Errno | undefined {
    const start = pageOf(address);
    const length = BigInt(count) * PAGE;
    if (!isUserSpan(address, length)) return EINVAL;
    for (const [virtual, page] of this.#pages)
      if (page.device && virtual >= start && virtual < start + length) this.#bringBack(page);
    return undefined;
  }

  /** dmirror_devmem_fault: `physical` is the page of the device that the CPU ran into. */
  migrateToRam(physical: bigint): void {
    const page = this.#pages.get(this.#owners.get(physical) ?? -1n);
    if (!page) return;
    this.counters.faults++;
    this.#bringBack(page);
  }

  /** dmirror_device_evict_chunk: everything of a device that goes away. */
  evict(device: DmirrorDevice): void {
    for (const page of this.#pages.values()) if (page.device?.device === device) this.#bringBack(page);
  }

  #access(
    address: bigint,
    length: number,
    visit: (page: HmmPage, from: number, at: number) => void,
  ): Errno | undefined {
    if (!isUserSpan(address, BigInt(length))) return EFAULT;
    for (let at = 0; at < length; ) {
      const virtual = pageOf(address + BigInt(at));
      const from = Number(address + BigInt(at) - virtual);
      const page = this.#page(virtual);
      if (isErrno(page)) return page;
      if (page.device?.device.isPrivate) {
        const refused = page.device.device.cpuFault(page.device.address);
        if (refused) return refused;
      }
      visit(page, from, at);
      at += PAGE_SIZE - from;
    }
    return undefined;
  }

  #page(virtual: bigint): Result<HmmPage> {
    const known = this.#pages.get(virtual);
    if (known) return known;
    if (this.#pages.size >= MAX_PAGES) return ENOMEM;
    const page = { bytes: undefined, device: undefined };
    this.#pages.set(virtual, page);
    return page;
  }

  #bringBack(page: HmmPage): void {
    this.#leaveDevice(page);
    this.counters.toSystem++;
  }

  #leaveDevice(page: HmmPage): void {
    if (!page.device) return;
    const { device, address } = page.device;
    this.#owners.delete(address);
    page.device = undefined;
    device.freePage(address);
  }
}

function pageOf(address: bigint): bigint {
  return address - (address % PAGE);
}

function isUserSpan(address: bigint, length: bigint): boolean {
  return address + length <= TASK_SIZE;
}
