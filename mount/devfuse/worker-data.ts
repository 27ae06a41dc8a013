import type { FileSystemSource, LogMessage } from '../transport.ts';

/** What the serving thread starts with. */
export interface WorkerData {
  readonly fileSystem: FileSystemSource;
  readonly cache: boolean;
  /** Requests by opcode, counted in shared memory since a thread that waits for the kernel answers no messages. */
  readonly counters: Uint32Array;
  /** Of {@link LogLevels}. */
  readonly logLevels: Int32Array;
}

/** To the serving thread: the file system is mounted and this is its device. */
export interface Mounted {
  readonly deviceFd: number;
}

/** To the serving thread alone. */
export interface Served extends Mounted {
  /** See {@link Clients}. */
  readonly clientsParent?: number;
}

/** From the serving thread. */
export type WorkerMessage = { readonly log: LogMessage } | { readonly built: true };

/** To the notifying thread. */
export interface HeldReply {
  readonly notifications: readonly Uint8Array[];
  readonly reply: Uint8Array | undefined;
}
