import { RecordRing } from '../kernel/base/record-ring.ts';
import type { RefusedOperation } from '../kernel/fs/refused-operation.ts';

/** A refused operation, as a line of `sys/kernel/debug/daxsim/refusals`. */
export interface RefusalRecord {
  /** Seconds since boot, as in the kernel log. */
  readonly time: number;
  readonly pid: number;
  /** Of the process, where that can be told. */
  readonly comm: string;
  readonly uid: number;
  readonly operation: string;
  /** On the machine. */
  readonly path: string;
  /** What a write brought; long ones are cut. */
  readonly written?: string;
  readonly errno: string;
  /** Worded by the mechanism that refused. */
  readonly reason?: string;
}

const CAPACITY = 16384;
const WRITTEN_MAX = 4096;
const NS_PER_MICROSECOND = 1000n;

/** What a machine refused since it booted. */
export class RefusalLog extends RecordRing<RefusalRecord> {
  readonly #clock: () => bigint;
  readonly #boot: bigint;
  readonly #place: string;

  /**
   * @param clock nanoseconds
   * @param place the path of the machine's root in its file system, which is left out of the records
   */
  constructor(clock: () => bigint, place: string) {
    super(CAPACITY);
    this.#clock = clock;
    this.#boot = clock();
    this.#place = place;
  }

  /** Told of all that its file system refuses; keeps what is below the machine's root. */
  add({ operation, node, entry, caller, errno, written }: RefusedOperation): void {
    const path = entry === undefined ? node.path : `${node.path}/${entry}`;
    if (!path.startsWith(`${this.#place}/`)) return;
    this.push({
      time: Number((this.#clock() - this.#boot) / NS_PER_MICROSECOND) / 1e6,
      pid: caller.pid,
      comm: caller.comm ?? '',
      uid: caller.uid,
      operation,
      path: path.slice(this.#place.length),
      ...(written && { written: Buffer.from(written.subarray(0, WRITTEN_MAX)).toString() }),
      errno: errno.name,
      ...(errno.reason !== undefined && { reason: errno.reason }),
    });
  }
}
