import { readSync, writeSync } from 'node:fs';

/** Read errors after which the next request can be waited for. */
const TRANSIENT = new Set(['EINTR', 'EAGAIN', 'ENOENT']);
/** The file system was unmounted, or its connection aborted. */
const ENDED = new Set(['ENODEV', 'ECONNABORTED', 'EBADF']);
/** Write errors that say only that nobody waits for the message any more. */
const TOO_LATE = new Set(['ENOENT', 'ENODEV', 'ECONNABORTED', 'ENOTCONN', 'EINTR']);

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

/** Waits for the next request. @returns its length, or undefined when the file system is gone. */
export function receive(deviceFd: number, buffer: Buffer): number | undefined {
  for (;;) {
    try {
      return readSync(deviceFd, buffer, 0, buffer.length, null);
    } catch (error) {
      const code = codeOf(error);
      if (ENDED.has(code)) return undefined;
      if (!TRANSIENT.has(code)) throw error;
    }
  }
}

/** Hands the message in the buffer's first bytes to the kernel; one that comes too late is dropped. */
export function send(deviceFd: number, buffer: Uint8Array, length = buffer.length): void {
  try {
    writeSync(deviceFd, buffer, 0, length, null);
  } catch (error) {
    if (!TOO_LATE.has(codeOf(error))) throw error;
  }
}
