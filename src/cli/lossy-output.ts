import { fstatSync, writeSync } from 'node:fs';
import { libc } from '../../mount/system-calls.ts';

const POLLOUT = 4;
/** PIPE_BUF: what a pipe with room takes at once. */
const PIECE = 4096;

/** Writes lines to a descriptor, never waits for who reads them, and never throws: what cannot be written is counted. */
export class LossyOutput {
  readonly #fd: number;
  readonly #waits: boolean;
  #cut = false;
  /** Lines that could not be written since somebody set this to 0. */
  dropped = 0;

  constructor(fd: number) {
    this.#fd = fd;
    this.#waits = mayWait(fd);
  }

  /** @returns whether the whole line was written */
  write(line: string): boolean {
    const bytes = Buffer.from(this.#cut ? `\n${line}` : line);
    let written = 0;
    try {
      while (written < bytes.length && this.#ready())
        written += writeSync(this.#fd, bytes, written, Math.min(PIECE, bytes.length - written));
    } catch {
      // ENOSPC, EPIPE, EAGAIN, EIO, EBADF: the log is not what the daemon lives for.
    }
    if (written === bytes.length) {
      this.#cut = false;
      return true;
    }
    this.#cut ||= written > 0;
    this.dropped++;
    return false;
  }

  /** A descriptor that others share is not made non-blocking: it is asked for room. */
  #ready(): boolean {
    if (!this.#waits) return true;
    const fds = Int32Array.of(this.#fd, POLLOUT);
    return libc().poll(fds, 1, 0) > 0 && ((fds[1]! >> 16) & POLLOUT) !== 0;
  }
}

/** All but regular files: pipes, sockets and terminals wait for their readers. */
function mayWait(fd: number): boolean {
  try {
    return !fstatSync(fd).isFile();
  } catch {
    return false;
  }
}
