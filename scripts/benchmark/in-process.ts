import { hostClock } from '../../mount/file-system-host.ts';
import {
  type FileSystem,
  type Inode,
  KERNEL,
  type OpenDirectory,
  PENDING,
} from '../../src/kernel/fs/file-system.ts';
import { throwBug } from '../../src/kernel/fs/guarded-file.ts';
import { ENOENT, type Errno, isErrno } from '../../src/kernel/lib/errno.ts';
import { O_RDONLY, O_WRONLY } from '../../src/kernel/lib/stat.ts';
import { isErrors, type MachineDescription } from '../../src/machine/description.ts';
import { fromSpec } from '../../src/machine/from-spec.ts';
import { presets } from '../../src/machine/presets/index.ts';
import { createRack } from '../../src/machine/rack.ts';
import type { MachineSpec } from '../../src/machine/schema.ts';
import { findInode } from '../../src/replay/engine/kernel-reads.ts';

const PAGE_BYTES = 4096;

/** A preset with changes. */
export function describeMachine(preset: string, changes: Partial<MachineSpec> = {}): MachineDescription {
  const description = fromSpec({ ...presets[preset]!.spec, ...changes }, preset);
  if (isErrors(description)) throw new Error(JSON.stringify(description));
  return description;
}

/** A machine without a mount: what the engine itself needs. */
export class InProcessMachine {
  readonly fileSystem: FileSystem;

  constructor(description: MachineDescription) {
    this.fileSystem = createRack([{ description }], {
      clock: hostClock,
      onBug: throwBug,
    }).fileSystem;
  }

  find(path: string): Inode {
    return this.#must(path, findInode(this.fileSystem, `/${path}`) ?? ENOENT);
  }

  /** Open, read and close, as a transport does for cat(1). */
  read(inode: Inode): Uint8Array {
    const file = this.#must('open', this.fileSystem.open(inode, O_RDONLY, KERNEL));
    const bytes = file.read(0, PAGE_BYTES);
    file.release();
    if (bytes === PENDING) throw new Error('nothing to read');
    return this.#must('read', bytes);
  }

  /** Open, write and close, as a transport does for echo(1). */
  write(inode: Inode, text: Uint8Array): void {
    const file = this.#must('open', this.fileSystem.open(inode, O_WRONLY, KERNEL));
    this.#must('write', file.write(0, text));
    file.release();
  }

  list(path: string): OpenDirectory {
    const directory = this.#must('opendir', this.fileSystem.opendir(this.find(path), KERNEL));
    directory.seek(0);
    return directory;
  }

  readText(path: string): string {
    return Buffer.from(this.read(this.find(path))).toString();
  }

  writeText(path: string, text: string): void {
    try {
      this.write(this.find(path), Buffer.from(text));
    } catch (error) {
      throw new Error(`echo ${text} > ${path}: ${(error as Error).message}`);
    }
  }

  #must<T>(doing: string, result: T): Exclude<T, Errno> {
    if (isErrno(result)) throw new Error(`${doing}: ${result.name}`);
    return result as Exclude<T, Errno>;
  }
}

/** Milliseconds that something takes. */
export function spent(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}
