import { KERN_INFO } from '../base/printk.ts';
import { CharacterFile } from '../fs/character-file.ts';
import type { Caller, MapRequest, OpenFile } from '../fs/file-system.ts';
import { roundUp } from '../lib/bigint.ts';
import { EACCES, EINVAL, ENOMEM, ENXIO, EOPNOTSUPP, type Result } from '../lib/errno.ts';
import { prefixedHex } from '../lib/format.ts';
import { MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SYNC, MAP_TYPE, PROT_WRITE } from '../lib/mman.ts';
import { PAGE } from '../lib/page.ts';
import { O_ACCMODE, O_RDONLY, O_WRONLY } from '../lib/stat.ts';
import type { DevDax } from './dev-dax.ts';

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

/** drivers/dax/device.c: what opening /dev/daxX.Y gives. ENXIO unless device_dax has the device. */
export class DaxFile {
  readonly #dax: DevDax;
  #descriptors = 0;

  constructor(dax: DevDax) {
    this.#dax = dax;
  }

  /** The inode keeps its cdev while a descriptor is open, so that a second open succeeds even after unbind. */
  open(flags: number, caller: Caller): Result<OpenFile> {
    const dax = this.#dax;
    if (!dax.object.alive && this.#descriptors === 0) return ENXIO;
    const module = dax.driver?.module;
    this.#descriptors++;
    dax.object.get();
    if (module) module.references += MODULE_REFERENCES;
    return new OpenDaxFile(dax, flags, caller, () => {
      this.#descriptors--;
      dax.object.put();
      if (module) module.references -= MODULE_REFERENCES;
    });
  }
}

class OpenDaxFile extends CharacterFile {
  readonly #dax: DevDax;
  readonly #flags: number;
  readonly #caller: Caller;
  readonly #close: () => void;

  constructor(dax: DevDax, flags: number, caller: Caller, close: () => void) {
    super();
    this.#dax = dax;
    this.#flags = flags;
    this.#caller = caller;
    this.#close = close;
  }

  /** The generic checks of mm/mmap.c, then dax_mmap and __check_vma. */
  mmap({ start, length, offset, protection, flags }: MapRequest): Result<undefined> {
    if (length === 0n || offset % PAGE !== 0n) return EINVAL;
    if (length > TASK_SIZE) return ENOMEM;
    const type = flags & MAP_TYPE;
    if (type === MAP_SHARED_VALIDATE && flags & ~VALIDATED_FLAGS) return EOPNOTSUPP;
    if (type !== MAP_SHARED && type !== MAP_SHARED_VALIDATE && type !== MAP_PRIVATE) return EINVAL;
    const access = this.#flags & O_ACCMODE;
    if (access === O_WRONLY) return EACCES;
    if (type !== MAP_PRIVATE && protection & PROT_WRITE && access === O_RDONLY) return EACCES;
    if (!this.#dax.object.alive) return ENXIO;
    return type === MAP_PRIVATE
      ? this.#refuse('attempted private mapping')
      : this.#checkAlignment(start, length);
  }

  #checkAlignment(start: bigint, length: bigint): Result<undefined> {
    const mask = this.#dax.align - 1n;
    const end = start + roundUp(length, PAGE);
    if (((start | end) & mask) === 0n) return undefined;
    const [from, to, bits] = [start, end, mask].map(prefixedHex);
    return this.#refuse(`unaligned vma (${from} - ${to}, ${bits})`);
  }

  #refuse(why: string) {
    this.#dax.log(KERN_INFO, `${this.#caller.comm ?? 'unknown'}: dax_mmap: fail, ${why}`);
    return EINVAL;
  }

  override release(): void {
    this.#close();
  }
}
