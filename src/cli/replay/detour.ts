import type { Step } from './step.ts';

/** What a mount cannot answer as the file system behind it does, and how the engine is asked instead. */
interface Detour {
  readonly reason: string;
  /** The step to ask the engine for, or undefined when the mount can do it. `held` is the open of the step's descriptor. */
  readonly instead: (step: Step, held: Step | undefined) => Step | undefined;
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
  readonly #opened = new Map<string, Step>();

  of(step: Step): { readonly reason: string; readonly instead: Step } | undefined {
    if (step.op === 'fdopen') this.#opened.set(step.fd!, step);
    const held = step.fd === undefined ? undefined : this.#opened.get(step.fd);
    for (const { reason, instead } of DETOURS) {
      const other = instead(step, held);
      if (other) return { reason, instead: other };
    }
    return undefined;
  }
}
