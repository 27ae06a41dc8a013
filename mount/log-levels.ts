import type { LogLevel } from './transport.ts';

export type LogThreshold = LogLevel | 'silent';

const SEVERITY: Readonly<Record<LogThreshold, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

/** From which level on messages are heeded: in shared memory, since a thread that waits for the kernel answers no messages. */
export class LogLevels {
  readonly shared: Int32Array;

  constructor(threshold: LogThreshold | Int32Array) {
    this.shared =
      typeof threshold === 'string'
        ? new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
        : threshold;
    if (typeof threshold === 'string') this.set(threshold);
  }

  set(threshold: LogThreshold): void {
    Atomics.store(this.shared, 0, SEVERITY[threshold]);
  }

  heeds(level: LogLevel): boolean {
    return SEVERITY[level] >= this.shared[0]!;
  }
}
