import type { Step } from '../step.ts';

/** What a mount cannot answer as the file system behind it does, and how the engine is asked instead. */
interface Detour {
  readonly reason: string;
  /** Only where the kernel keeps page contents. */
  readonly cache?: true;
  /** The step to ask the engine for, or undefined when the mount can do it. */
  readonly instead: (step: Step, held: Held | undefined) => Step | undefined;
}

/** The open of the step's descriptor, and whether it was read since. */
interface Held extends Step {
  wasRead?: boolean;
}

const OPENING = new Set([
  'open',
  'read',
  'readsmall',
  'rewind',
  'pread',
  'lseek',
  'poll',
  'mmap',
  'write',
  'write2',
  'pwrite',
  'ftruncate',
  'fallocate',
  'fsync',
  'fdopen',
]);
const DEVICE = /^\/dev\/(dax|pmem)/;

const DETOURS: readonly Detour[] = [
  {
    reason: "opening a device node of a FUSE mount reaches the host's drivers",
    instead: (step, held) => {
      const opens = OPENING.has(step.op) && DEVICE.test(step.path ?? '');
      return opens || DEVICE.test(held?.path ?? '') ? step : undefined;
    },
  },
  {
    reason: 'FUSE lets every file be mapped privately, and asks nobody',
    instead: step => (step.op === 'mmap' && step.mflags === 'private' ? step : undefined),
  },
  {
    reason: 'FUSE lets a file whose content it keeps be mapped, and asks nobody',
    cache: true,
    instead: step => (step.op === 'mmap' && step.flags?.startsWith('O_RDONLY') ? step : undefined),
  },
  {
    reason: 'nobody sees who reads kept pages, so who polls is taken for somebody who has read',
    cache: true,
    instead: (step, held) => {
      const { flags, path, wasRead } = held ?? {};
      if (step.op !== 'fdpoll' || wasRead || path === undefined || flags !== 'O_RDONLY') return undefined;
      const { fd: _, ...rest } = step;
      return { ...rest, op: 'pollunread', path, flags };
    },
  },
  {
    reason: 'pwrite on a descriptor for reading is EBADF before FUSE is asked (ESPIPE in sysfs)',
    instead: (step, held) => {
      const { flags, path } = held ?? step;
      const writesAt = /^(fd|p)write$/.test(step.op) && step.offset !== undefined && step.offset !== -1;
      if (!writesAt || path === undefined || !flags?.startsWith('O_RDONLY')) return undefined;
      const { fd: _, ...rest } = step;
      return { ...rest, op: 'pwrite', path, flags };
    },
  },
];

/** Tells which steps take a detour, and remembers what descriptors were opened on. */
export class Detours {
  readonly #opened = new Map<string, Held>();
  readonly #active: readonly Detour[];

  /** @param cache whether the mount keeps page contents */
  constructor(cache: boolean) {
    this.#active = DETOURS.filter(detour => cache || !detour.cache);
  }

  of(step: Step): { readonly reason: string; readonly instead: Step } | undefined {
    if (step.op === 'fdopen') this.#opened.set(step.fd!, { ...step });
    const held = step.fd === undefined ? undefined : this.#opened.get(step.fd);
    if (held && step.op === 'fdread') held.wasRead = true;
    for (const { reason, instead } of this.#active) {
      const other = instead(step, held);
      if (other) return { reason, instead: other };
    }
    return undefined;
  }

  /** What the step's descriptor was opened on. */
  heldPath({ fd }: Step): string | undefined {
    return fd === undefined ? undefined : this.#opened.get(fd)?.path;
  }
}
