import { CharacterFile } from '../fs/character-file.ts';
import type { Caller, MapRequest, OpenFile } from '../fs/file-system.ts';
import { EACCES, EINVAL, ENODEV, ENOMEM, ENXIO, EOPNOTSUPP, type Result, refusal } from '../lib/errno.ts';
import { MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SYNC, MAP_TYPE, PROT_WRITE } from '../lib/mman.ts';
import { PAGE } from '../lib/page.ts';
import { O_ACCMODE, O_RDONLY, O_WRONLY } from '../lib/stat.ts';
import type { DevDax } from './dev-dax.ts';
import { DaxDriver } from './driver.ts';

/**
 * LEGACY_MAP_MASK: what every file understands with MAP_SHARED_VALIDATE. SHARED, PRIVATE, FIXED, ANONYMOUS, 32BIT,
 * ABOVE4G, GROWSDOWN, DENYWRITE, EXECUTABLE, LOCKED, NORESERVE, POPULATE, NONBLOCK, STACK, HUGETLB, UNINITIALIZED and
 * the huge page sizes.
 */
const LEGACY_MAP_MASK = 0x0007f9f3 | 0x7c000000;
/** With the mmap_supported_flags of device-dax. */
const VALIDATED_FLAGS = LEGACY_MAP_MASK | MAP_SYNC;
/** x86-64 with 4-level page tables. */
const TASK_SIZE = (1n << 47n) - PAGE;
/** One for the cdev, one for the file operations. */
const MODULE_REFERENCES = 2;

/** An open /dev/daxX.Y, as far as file operations ask of it. */
export interface DaxDescriptor {
  readonly dax: DevDax;
  readonly caller: Caller;
}

/** `struct file_operations` of a driver of the dax bus. */
export interface DaxFileOperations {
  /** Absent: ENODEV. */
  mmap?(descriptor: DaxDescriptor, request: MapRequest): Result<undefined>;
}

/** What opening /dev/daxX.Y gives. ENXIO unless a driver with a node in /dev has the device. */
export class DaxFile {
  readonly #dax: DevDax;
  #descriptors = 0;

  constructor(dax: DevDax) {
    this.#dax = dax;
  }

  /** The inode keeps its cdev while a descriptor is open, so that a second open succeeds even after unbind. */
  open(flags: number, caller: Caller): Result<OpenFile> {
    const dax = this.#dax;
    if (!dax.object.alive && this.#descriptors === 0) return refusal(ENXIO, `${dax.name} has no driver`);
    const module = dax.driver?.module;
    const operations = dax.driver instanceof DaxDriver ? dax.driver.fileOperations : {};
    this.#descriptors++;
    dax.object.get();
    if (module) module.references += MODULE_REFERENCES;
    return new OpenDaxFile({ dax, caller }, operations, flags, () => {
      this.#descriptors--;
      dax.object.put();
      if (module) module.references -= MODULE_REFERENCES;
    });
  }
}

class OpenDaxFile extends CharacterFile {
  readonly #descriptor: DaxDescriptor;
  readonly #operations: DaxFileOperations;
  readonly #flags: number;
  readonly #close: () => void;

  constructor(descriptor: DaxDescriptor, operations: DaxFileOperations, flags: number, close: () => void) {
    super();
    this.#descriptor = descriptor;
    this.#operations = operations;
    this.#flags = flags;
    this.#close = close;
  }

  /** The generic checks of mm/mmap.c, then the driver's. */
  mmap(request: MapRequest): Result<undefined> {
    const { length, offset, protection, flags } = request;
    if (length === 0n || offset % PAGE !== 0n) return EINVAL;
    if (length > TASK_SIZE) return ENOMEM;
    const type = flags & MAP_TYPE;
    if (type === MAP_SHARED_VALIDATE && flags & ~VALIDATED_FLAGS) return EOPNOTSUPP;
    if (type !== MAP_SHARED && type !== MAP_SHARED_VALIDATE && type !== MAP_PRIVATE) return EINVAL;
    const access = this.#flags & O_ACCMODE;
    if (access === O_WRONLY) return EACCES;
    if (type !== MAP_PRIVATE && protection & PROT_WRITE && access === O_RDONLY) return EACCES;
    const { mmap } = this.#operations;
    return mmap ? mmap(this.#descriptor, request) : ENODEV;
  }

  override release(): void {
    this.#close();
  }
}
