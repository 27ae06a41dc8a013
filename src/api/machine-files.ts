import type { Caller, FileSystem } from '../kernel/fs/file-system.ts';
import { isErrno, type Result } from '../kernel/lib/errno.ts';
import { O_RDONLY, O_WRONLY } from '../kernel/lib/stat.ts';
import { EngineCalls } from '../user/calls/engine-calls.ts';
import { readToEnd } from '../user/read-to-end.ts';
import type { FileStatus } from '../user/system-calls.ts';
import { SystemError } from './system-error.ts';

/** Who does something on a machine; root with all capabilities unless said otherwise. */
export interface MachineUser {
  readonly uid?: number;
  readonly gid?: number;
  readonly pid?: number;
  readonly comm?: string;
}

/** An open file of a machine. Every call throws a {@link SystemError} when it is refused. */
export interface MachineFile {
  /** read(2): at most `length` bytes from where the last one ended; none at the end. */
  read(length?: number): Uint8Array;
  /** One write(2). @returns how many bytes were taken. */
  write(data: string | Uint8Array): number;
  /** lseek(2) with SEEK_SET. */
  seek(offset: number): void;
  /** fstat(2) */
  stat(): FileStatus;
  close(): void;
}

const READ_LENGTH = 65536;

/** The files of a machine as one user sees them. Paths begin with `/sys`, `/proc` or `/dev`; errors are {@link SystemError}s. */
export class MachineFiles {
  readonly #calls: EngineCalls;

  constructor(fileSystem: FileSystem, { uid = 0, gid = 0, pid = 1, comm = 'daxsim' }: MachineUser = {}) {
    const caller: Caller = { uid, gid, pid, comm };
    this.#calls = new EngineCalls(fileSystem, caller);
  }

  /** The whole content: open(2), read(2) to the end, close(2). A character for each byte. */
  read(path: string): string {
    const fd = this.#did('open', path, this.#calls.open(path, O_RDONLY));
    const { text, error } = readToEnd(this.#calls, fd);
    this.#calls.close(fd);
    if (error) throw new SystemError(error, 'read', path);
    return text;
  }

  /** What `echo` does: open(2) for writing, one write(2), close(2). */
  write(path: string, data: string | number | bigint): void {
    const file = this.open(path, O_WRONLY);
    try {
      file.write(`${data}`);
    } finally {
      file.close();
    }
  }

  /** The names in a directory, in the order of getdents(2), without `.` and `..`. */
  list(path: string): string[] {
    const entries = this.#did('readdir', path, this.#calls.readdir(path));
    return entries.map(({ name }) => name).filter(name => name !== '.' && name !== '..');
  }

  stat(path: string): FileStatus {
    return this.#did('stat', path, this.#calls.stat(path));
  }

  lstat(path: string): FileStatus {
    return this.#did('lstat', path, this.#calls.lstat(path));
  }

  readlink(path: string): string {
    return this.#did('readlink', path, this.#calls.readlink(path));
  }

  exists(path: string): boolean {
    return !isErrno(this.#calls.stat(path));
  }

  /** open(2). @param flags O_* of Linux; reading alone unless said otherwise */
  open(path: string, flags: number = O_RDONLY): MachineFile {
    const calls = this.#calls;
    const fd = this.#did('open', path, calls.open(path, flags));
    return {
      read: (length = READ_LENGTH) => this.#did('read', path, calls.read(fd, length)),
      write: data => {
        const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
        return this.#did('write', path, calls.write(fd, bytes));
      },
      seek: offset => void this.#did('lseek', path, calls.lseek(fd, offset, 0)),
      stat: () => this.#did('fstat', path, calls.fstat(fd)),
      close: () => void this.#did('close', path, calls.close(fd)),
    };
  }

  #did<T>(syscall: string, path: string, result: Result<T>): T {
    if (isErrno(result)) throw new SystemError(result, syscall, path);
    return result;
  }
}
