import { constants as files } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { libc } from '../system-calls.ts';
import { Eagerness } from './eagerness.ts';
import { InHeader } from './protocol.ts';

const { ENODEV, ECONNABORTED, EBADF, EINTR, EAGAIN, ENOENT, ENOTCONN } = constants.errno;

/** Read errors after which the next request can be waited for. */
const TRANSIENT: ReadonlySet<number> = new Set([EINTR, ENOENT]);
/** The file system was unmounted, or its connection aborted. */
const ENDED: ReadonlySet<number> = new Set([ENODEV, ECONNABORTED, EBADF]);
/** Write errors that say only that nobody waits for the message any more. */
const TOO_LATE: ReadonlySet<number> = new Set([ENOENT, ENODEV, ECONNABORTED, ENOTCONN, EINTR]);

const PID_AT = InHeader.at.pid * 4;
const F_SETFL = 4;
const POLLIN = 1;
const FOR_EVER = -1;
/** How often to look for a request before going to sleep: some 50 us, in which a client on another CPU wakes and asks. */
const LOOKS = 200;

/**
 * Requests, as they come from the device. Reads and writes go to libc directly: Node's own take twice as long, and there
 * are six of them in each cat(1).
 */
export class Requests {
  readonly #fd: number;
  readonly #libc = libc();
  readonly #eagerness = new Eagerness(availableParallelism(), () => performance.now());
  readonly #pollFds: Int32Array;
  #blocks = true;

  constructor(deviceFd: number) {
    this.#fd = deviceFd;
    this.#pollFds = Int32Array.of(deviceFd, POLLIN);
  }

  /**
   * Waits for the next request.
   *
   * @param wait for so many milliseconds at most
   * @returns its length, 0 when none came in time, or undefined when the file system is gone
   */
  receive(buffer: Buffer, wait?: number): number | undefined {
    if (wait !== undefined && this.#libc.poll(this.#pollFds, 1, wait) <= 0) return 0;
    for (;;) {
      const { eager } = this.#eagerness;
      if (eager === this.#blocks) this.#setBlocking(!eager);
      let length = this.#libc.read(this.#fd, buffer, buffer.length);
      if (eager && length < 0) length = this.#lookOut(buffer);
      if (length >= 0) {
        this.#eagerness.came(buffer.readUInt32LE(PID_AT));
        return length;
      }
      const error = this.#libc.errno();
      if (ENDED.has(error)) return undefined;
      if (error !== EAGAIN && !TRANSIENT.has(error)) throw failure('read', error);
    }
  }

  /** Looks for a request again and again, and in the end waits until there is one to read. */
  #lookOut(buffer: Uint8Array): number {
    for (let look = 0; look < LOOKS; look++) {
      const length = this.#libc.read(this.#fd, buffer, buffer.length);
      if (length < 0) continue;
      this.#eagerness.hit();
      return length;
    }
    this.#eagerness.miss();
    this.#libc.poll(this.#pollFds, 1, FOR_EVER);
    return this.#libc.read(this.#fd, buffer, buffer.length);
  }

  #setBlocking(blocks: boolean): void {
    this.#libc.fcntl(this.#fd, F_SETFL, blocks ? files.O_RDWR : files.O_RDWR | files.O_NONBLOCK);
    this.#blocks = blocks;
  }
}

/** Hands the message in the buffer's first bytes to the kernel; one that comes too late is dropped. */
export function send(deviceFd: number, buffer: Uint8Array, length = buffer.length): void {
  const { write, errno } = libc();
  if (write(deviceFd, buffer, length) >= 0) return;
  const error = errno();
  if (!TOO_LATE.has(error)) throw failure('write', error);
}

function failure(doing: string, error: number): Error {
  return new Error(`cannot ${doing} the FUSE device: errno ${error}`);
}
