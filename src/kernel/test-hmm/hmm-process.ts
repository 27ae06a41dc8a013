import { type Errno, isErrno, type Result } from '../lib/errno.ts';
import { PAGE, PAGE_SIZE } from '../lib/page.ts';
import type { DmirrorDevice } from './hmm-dmirror.ts';

/** A page of the process, in system memory or on a device. */
export interface HmmPage {
  readonly bytes: Uint8Array;
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
      this.#access(address, length, (bytes, from, at) => {
        loaded.set(bytes.subarray(from, Math.min(PAGE_SIZE, from + length - at)), at);
      }) ?? loaded
    );
  }

  /** A store by the CPU. */
  store(address: bigint, data: Uint8Array): Errno | undefined {
    return this.#access(address, data.length, (bytes, from, at) => {
      bytes.set(data.subarray(at, at + PAGE_SIZE - from), from);
    });
  }

  /** HMM_DMIRROR_MIGRATE_TO_DEV: pages that are there already stay. Stops where device memory ends. */
  migrateToDevice(device: DmirrorDevice, address: bigint, count: number): Errno | undefined {
    for (let i = 0; i < count; i++) {
      const virtual = pageOf(address) + BigInt(i) * PAGE;
      const page = this.#page(virtual);
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

  /** HMM_DMIRROR_MIGRATE_TO_SYS: pages that are in system memory stay. */
  migrateToSystem(address: bigint, count: number): void {
    for (let i = 0; i < count; i++) {
      const page = this.#pages.get(pageOf(address) + BigInt(i) * PAGE);
      if (page?.device) this.#bringBack(page);
    }
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
    visit: (bytes: Uint8Array, from: number, at: number) => void,
  ): Errno | undefined {
    for (let at = 0; at < length; ) {
      const virtual = pageOf(address + BigInt(at));
      const from = Number(address + BigInt(at) - virtual);
      const page = this.#page(virtual);
      if (page.device?.device.isPrivate) {
        const refused = page.device.device.cpuFault(page.device.address);
        if (refused) return refused;
      }
      visit(page.bytes, from, at);
      at += PAGE_SIZE - from;
    }
    return undefined;
  }

  #page(virtual: bigint): HmmPage {
    let page = this.#pages.get(virtual);
    if (!page) {
      page = { bytes: new Uint8Array(PAGE_SIZE), device: undefined };
      this.#pages.set(virtual, page);
    }
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
