import type { Step } from './step.ts';

/** Steps that a mount cannot do, and which are asked of the engine behind it; each with the reason. */
interface Detour {
  readonly reason: string;
  readonly operations: ReadonlySet<string>;
  readonly path: RegExp;
  readonly mflags?: string;
}

const DETOURS: readonly Detour[] = [
  {
    reason: "opening a device node of a FUSE mount reaches the host's drivers",
    operations: new Set([
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
    ]),
    path: /^\/dev\/(dax|pmem)/,
  },
  {
    reason: 'FUSE lets every file be mapped privately, and asks nobody',
    operations: new Set(['mmap']),
    path: /^\/(sys|proc)\//,
    mflags: 'private',
  },
];

/** Tells which steps take a detour; a descriptor opened on one stays on it. */
export class Detours {
  readonly #descriptors = new Map<string, string>();

  reason(step: Step): string | undefined {
    const { op, path, fd } = step;
    if (fd !== undefined && op !== 'fdopen') return this.#descriptors.get(fd);
    const reason = DETOURS.find(
      detour =>
        detour.operations.has(op) &&
        path !== undefined &&
        detour.path.test(path) &&
        (detour.mflags === undefined || detour.mflags === step.mflags),
    )?.reason;
    if (fd !== undefined) {
      this.#descriptors.delete(fd);
      if (reason !== undefined) this.#descriptors.set(fd, reason);
    }
    return reason;
  }
}
