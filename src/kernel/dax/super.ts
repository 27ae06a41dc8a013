import type { DriverCore } from '../base/core.ts';
import { IdAllocator } from '../lib/id-allocator.ts';
import type { DeviceNumber } from '../lib/stat.ts';

/** drivers/dax/super.c: the character numbers, shared by all dax devices and by pmem disks with dax. */
export class DaxSuper {
  readonly core: DriverCore;
  readonly #minors = new IdAllocator();

  constructor(core: DriverCore) {
    this.core = core;
  }

  /** alloc_dax */
  alloc(): DaxObject {
    const minor = this.#minors.alloc();
    return new DaxObject({ major: this.core.profile.dax.major, minor }, () => this.#minors.free(minor));
  }
}

/** `struct dax_device`: the number and the alive flag. The number is free again with the last reference. */
export class DaxObject {
  readonly number: DeviceNumber;
  alive = false;
  readonly #free: () => void;
  #references = 1;

  constructor(number: DeviceNumber, free: () => void) {
    this.number = number;
    this.#free = free;
  }

  get(): void {
    this.#references++;
  }

  put(): void {
    if (--this.#references === 0) this.#free();
  }
}
