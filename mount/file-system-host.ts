import type { Timer } from '../src/kernel/lib/timer.ts';
import type { FileSystemHost, LogMessage } from './transport.ts';

/** Nanoseconds since the epoch, in the steps of the host's milliseconds. */
export function hostClock(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** One that keeps no process alive. */
export const hostTimer: Timer = (milliseconds, act) => {
  const timeout = setTimeout(act, milliseconds);
  timeout.unref();
  return () => clearTimeout(timeout);
};

/** What a transport gives to the file system that it serves. A bug is logged with its stack. */
export function fileSystemHost(
  onLog: (message: LogMessage) => void,
  timer: Timer = hostTimer,
): FileSystemHost {
  return {
    clock: hostClock,
    timer,
    onLog,
    onBug(error, doing) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      onLog({ level: 'error', message: `bug in ${doing}`, fields: { doing, stack } });
    },
  };
}
