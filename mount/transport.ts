import type { FileSystem } from '../src/fs/file-system.ts';

/** What a transport is told when it starts to serve. */
export interface ServeOptions {
  /** An absolute path of an empty directory. */
  readonly mountpoint: string;
  /** Let the kernel keep names, attributes and page contents, and invalidate exactly what changed. */
  readonly cache: boolean;
  /** Shown as the mount's source, and as its type `fuse.<name>`. */
  readonly name: string;
}

/** A file system on its way to programs. */
export interface Session {
  /** Resolves when the mount answers; rejects with a message for a person when it cannot. */
  readonly ready: Promise<void>;
  /** Resolves when the mount is gone, whoever unmounted it. */
  readonly ended: Promise<void>;
  unmount(): Promise<void>;
}

/** One way to bring a {@link FileSystem} to programs; all ways behave the same and pass the same tests. */
export interface Transport {
  readonly name: 'devfuse' | 'fuse-native';
  /** Why this transport cannot mount here, with what would be needed; undefined when it can. */
  unavailable(): string | undefined;
  serve(fileSystem: FileSystem, options: ServeOptions): Session;
}
