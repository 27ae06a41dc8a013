import type { FileSystemHost, LogMessage } from './transport.ts';

/** Nanoseconds since the epoch, in the steps of the host's milliseconds. */
export function hostClock(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** What a transport gives to the file system that it serves. A bug is logged with its stack. */
export function fileSystemHost(onLog: (message: LogMessage) => void): FileSystemHost {
  return {
    clock: hostClock,
    onLog,
    onBug(error, doing) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      onLog({ level: 'error', message: `bug in ${doing}`, fields: { doing, stack } });
    },
  };
}
