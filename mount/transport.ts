import type { FileSystem } from '../src/kernel/fs/file-system.ts';
import type { Timer } from '../src/kernel/lib/timer.ts';
import type { LogLevels } from './log-levels.ts';

/** What a file system needs of the process that holds it. */
export interface FileSystemHost {
  /** Nanoseconds since the epoch. */
  readonly clock: () => bigint;
  readonly timer: Timer;
  /** Told of an exception inside a handler, which the client saw as EIO. */
  readonly onBug: (error: unknown, doing: string) => void;
  readonly onLog: (message: LogMessage) => void;
}

/** How a file system is built inside the thread that serves it: only plain data crosses over. */
export interface FileSystemSource {
  /** URL of a module that exports a {@link CreateFileSystem} named `createFileSystem`. */
  readonly module: string;
  /** Passed on as it is; structured-cloneable. */
  readonly data: unknown;
}

export type CreateFileSystem = (data: unknown, host: FileSystemHost) => FileSystem | Promise<FileSystem>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A message of a transport, for the daemon's own log (not the simulated kernel's). */
export interface LogMessage {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
  /** Which of the machines it is about. */
  readonly machine?: string | undefined;
  /** Who asked. */
  readonly client?: LogClient;
}

/** The process behind a request. */
export interface LogClient {
  readonly pid: number;
  readonly comm: string;
  readonly uid: number;
}

/** What a transport is told when it starts to serve. */
export interface ServeOptions {
  /** An absolute path of an empty directory. */
  readonly mountpoint: string;
  readonly fileSystem: FileSystemSource;
  /** Let the kernel keep names, attributes and page contents, and invalidate exactly what changed. */
  readonly cache: boolean;
  /** Shown as the mount's source, and as its type `fuse.<name>`. */
  readonly name: string;
  readonly onLog: (message: LogMessage) => void;
  /** Which messages are worth their making; without it, none of level debug. */
  readonly logLevels?: LogLevels;
}

/** A file system that programs can use now. */
export interface Session {
  /** Resolves when the mount is gone and everything behind it has ended, whoever unmounted it; rejects when the serving failed. */
  readonly ended: Promise<void>;
  /** Unmounts, by force if programs still use it, and waits for `ended`. */
  unmount(): Promise<void>;
  /** How many requests came since the start, by the name of the operation (`LOOKUP`, `READ`, ...). */
  statistics(): Readonly<Record<string, number>>;
}

/** One way to bring a {@link FileSystem} to programs; all ways behave the same and pass the same tests. */
export interface Transport {
  /** Why this transport cannot mount here, with what would be needed, in one line; undefined when it can. */
  unavailable(): string | undefined;
  /** Resolves when the mount answers; rejects with a {@link MountError} when it cannot be made. */
  serve(options: ServeOptions): Promise<Session>;
}

/** A mount that cannot be made; the message is one line for a person. */
export class MountError extends Error {
  override readonly name = 'MountError';
}
