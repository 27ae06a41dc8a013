import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** An error as libfuse wants it: 0, or minus the errno; from some operations a count. */
export type Code = number;
type Done = (code: Code) => void;

/** What the package's `stat` takes; times are milliseconds since the epoch. */
export interface PackageStat {
  readonly mode: number;
  readonly ino: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly rdev: number;
  readonly blksize: number;
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
}

/** The operations of libfuse 2 as the package hands them on: by path, answered through a callback. */
export interface Operations {
  getattr(path: string, done: (code: Code, stat?: PackageStat) => void): void;
  fgetattr(path: string, fd: number, done: (code: Code, stat?: PackageStat) => void): void;
  statfs(path: string, done: (code: Code, statfs?: Readonly<Record<string, number>>) => void): void;
  readdir(
    path: string,
    done: (code: Code, names?: string[], stats?: readonly Partial<PackageStat>[]) => void,
  ): void;
  readlink(path: string, done: (code: Code, target?: string) => void): void;
  open(path: string, flags: number, done: (code: Code, fd?: number) => void): void;
  create(path: string, mode: number, done: (code: Code, fd?: number) => void): void;
  read(
    path: string,
    fd: number,
    buffer: Buffer,
    length: number,
    offset: number,
    done: (count: number) => void,
  ): void;
  write(
    path: string,
    fd: number,
    buffer: Buffer,
    length: number,
    offset: number,
    done: (count: number) => void,
  ): void;
  release(path: string, fd: number, done: Done): void;
  truncate(path: string, size: number, done: Done): void;
  ftruncate(path: string, fd: number, size: number, done: Done): void;
  chmod(path: string, mode: number, done: Done): void;
  chown(path: string, uid: number, gid: number, done: Done): void;
  utimens(path: string, atime: number, mtime: number, done: Done): void;
  mknod(path: string, mode: number, rdev: number, done: Done): void;
  mkdir(path: string, mode: number, done: Done): void;
  symlink(target: string, path: string, done: Done): void;
  link(path: string, newPath: string, done: Done): void;
  rename(path: string, newPath: string, done: Done): void;
  unlink(path: string, done: Done): void;
  rmdir(path: string, done: Done): void;
  setxattr(path: string, name: string, value: Buffer, position: number, flags: number, done: Done): void;
  getxattr(path: string, name: string, position: number, done: (code: Code, value?: Buffer) => void): void;
  listxattr(path: string, done: (code: Code, names?: string[]) => void): void;
  removexattr(path: string, name: string, done: Done): void;
}

/** Ends an operation; `memory` is the buffer of libfuse's that the package must let go of. */
export type Signal = (code: Code, memory: ArrayBufferLike) => void;

/** One mount of the package. The underscored members are what a subclass may replace. */
export interface PackageMount {
  readonly ops: Operations;
  readonly _thread: Buffer | null;
  mount(done: (error: Error | null) => void): void;
  _fuseOptions(): string;
  _op_getxattr(signal: Signal, path: string, name: string, into: Buffer, position: number): void;
  _op_listxattr(signal: Signal, path: string, into: Buffer): void;
}

export interface FusePackage {
  readonly Fuse: new (
    mountpoint: string,
    operations: Operations,
    options: { readonly timeout: false },
  ) => PackageMount;
  readonly binding: { fuse_native_unmount(mountpoint: string, thread: Buffer): void };
}

/** @throws when the package, or libfuse.so.2 below it, is not there. */
export function loadPackage(): FusePackage {
  const require = createRequire(import.meta.url);
  const main = require.resolve('fuse-native');
  const nodeGypBuild = createRequire(main)('node-gyp-build');
  return { Fuse: require(main), binding: nodeGypBuild(dirname(main)) };
}
