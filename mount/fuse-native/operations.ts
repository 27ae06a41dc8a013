import { type FileSystem, type Inode, KERNEL, type OpenFile } from '../../src/kernel/fs/file-system.ts';
import { EBADF, type Errno, isErrno, type Result } from '../../src/kernel/lib/errno.ts';
import { O_RDONLY, O_RDWR } from '../../src/kernel/lib/stat.ts';
import { decodeDevice, encodeDevice } from '../device-number.ts';
import type { Code, Operations, PackageStat } from './package.ts';
import { notUtf8, Paths, type Place } from './paths.ts';
import type { WaitingReads } from './waiting-reads.ts';

/** libfuse 2 knows the caller but the package does not pass it on; the kernel has checked the mode bits already. */
const CALLER = KERNEL;
/** chown(2) leaves the id that is all ones. */
const NO_ID = 0xffffffff;
const NS_PER_MS = 1_000_000n;

interface Opened {
  readonly inode: Inode;
  readonly file: OpenFile;
}

/** The file system as the package's table of operations. */
export function operationsOf(fileSystem: FileSystem, waiting: WaitingReads): Operations {
  const paths = new Paths(fileSystem);
  const files = new FileTable();
  const stat = (inode: Result<Inode>, done: (code: Code, stat?: PackageStat) => void): void =>
    isErrno(inode) ? done(-inode.code) : done(0, packageStat(fileSystem, inode));
  const change = (inode: Result<Inode>, what: Parameters<FileSystem['setattr']>[1]): Code =>
    code(isErrno(inode) ? inode : fileSystem.setattr(inode, what, CALLER));
  const atPlace = (path: string, act: (place: Place) => Result<unknown>): Result<unknown> => {
    const place = paths.place(path);
    return isErrno(place) ? place : act(place);
  };
  const at = (path: string, act: (place: Place) => Result<unknown>): Code => code(atPlace(path, act));
  const on = (path: string, act: (inode: Inode) => Result<unknown>): Code => {
    const inode = paths.find(path);
    return code(isErrno(inode) ? inode : act(inode));
  };
  const get = <T>(path: string, act: (inode: Inode) => Result<T>, done: (code: Code, value?: T) => void) => {
    const inode = paths.find(path);
    const value = isErrno(inode) ? inode : act(inode);
    isErrno(value) ? done(-value.code) : done(0, value);
  };

  return {
    getattr: (path, done) => stat(paths.identify(path), done),
    fgetattr: (path, fd, done) => stat(files.get(fd)?.inode ?? paths.find(path), done),
    statfs: (path, done) => get(path, inode => statfsOf(fileSystem, inode), done),
    readdir(path, done) {
      const inode = paths.find(path);
      const directory = isErrno(inode) ? inode : fileSystem.opendir(inode, CALLER);
      if (isErrno(directory)) return done(-directory.code);
      const names: string[] = [];
      const stats: Partial<PackageStat>[] = [];
      directory.seek(0);
      for (let entry = directory.peek(); entry; entry = directory.peek()) {
        names.push(entry.name);
        stats.push({ ino: entry.ino, mode: entry.type });
        directory.advance();
      }
      done(0, names, stats);
    },
    readlink: (path, done) => get(path, inode => fileSystem.readlink(inode), done),
    open(path, flags, done) {
      const opened = (inode: Inode): Result<number> => {
        const file = fileSystem.open(inode, flags, CALLER);
        return isErrno(file) ? file : files.add({ inode, file });
      };
      get(path, opened, done);
    },
    create(path, mode, done) {
      const place = paths.place(path);
      // The open flags are not passed on; a file that its maker may not write gets a descriptor for reading.
      const flags = mode & 0o200 ? O_RDWR : O_RDONLY;
      const made = isErrno(place) ? place : fileSystem.create(place.parent, place.name, flags, mode, CALLER);
      isErrno(made) ? done(-made.code) : done(0, files.add(made));
    },
    read(_path, fd, buffer, length, offset, done) {
      const file = files.get(fd)?.file;
      if (!file) return done(-EBADF.code);
      waiting.read(file, offset, length, bytes => {
        if (isErrno(bytes)) return done(-bytes.code);
        buffer.set(bytes);
        done(bytes.length);
      });
    },
    write(_path, fd, buffer, length, offset, done) {
      const written = files
        .get(fd)
        ?.file.write(offset, new Uint8Array(buffer.buffer, buffer.byteOffset, length));
      done(isErrno(written) ? -written.code : (written ?? -EBADF.code));
    },
    release(_path, fd, done) {
      files.remove(fd)?.file.release();
      done(0);
    },
    truncate: (path, size, done) => done(change(paths.find(path), { size })),
    ftruncate: (path, fd, size, done) => done(change(files.get(fd)?.inode ?? paths.find(path), { size })),
    chmod: (path, mode, done) => done(change(paths.find(path), { mode })),
    chown: (path, uid, gid, done) =>
      done(change(paths.find(path), { ...(uid !== NO_ID && { uid }), ...(gid !== NO_ID && { gid }) })),
    utimens: (path, atime, mtime, done) =>
      done(change(paths.find(path), { atime: nanoseconds(atime), mtime: nanoseconds(mtime) })),
    mknod: (path, mode, rdev, done) =>
      done(at(path, ({ parent, name }) => fileSystem.mknod(parent, name, mode, decodeDevice(rdev), CALLER))),
    mkdir: (path, mode, done) =>
      done(at(path, ({ parent, name }) => fileSystem.mkdir(parent, name, mode, CALLER))),
    symlink: (target, path, done) =>
      done(
        at(path, ({ parent, name }) => notUtf8(target) ?? fileSystem.symlink(parent, name, target, CALLER)),
      ),
    link: (path, newPath, done) =>
      done(
        on(path, inode =>
          atPlace(newPath, place => fileSystem.link(inode, place.parent, place.name, CALLER)),
        ),
      ),
    rename: (path, newPath, done) =>
      done(
        at(path, ({ parent, name }) =>
          atPlace(newPath, to => fileSystem.rename(parent, name, to.parent, to.name, 0, CALLER)),
        ),
      ),
    unlink: (path, done) => done(at(path, ({ parent, name }) => fileSystem.unlink(parent, name, CALLER))),
    rmdir: (path, done) => done(at(path, ({ parent, name }) => fileSystem.rmdir(parent, name, CALLER))),
    setxattr: (path, name, value, _position, flags, done) =>
      done(on(path, inode => fileSystem.setxattr(inode, name, new Uint8Array(value), flags, CALLER))),
    getxattr: (path, name, _position, done) =>
      get(
        path,
        inode => {
          const value = fileSystem.getxattr(inode, name);
          return isErrno(value) ? value : Buffer.from(value);
        },
        done,
      ),
    listxattr: (path, done) => get(path, inode => fileSystem.listxattr(inode), done),
    removexattr: (path, name, done) => done(on(path, inode => fileSystem.removexattr(inode, name, CALLER))),
  };
}

/** Open files by the number that libfuse carries as `fh`, which must not be 0. */
class FileTable {
  readonly #files: (Opened | undefined)[] = [undefined];
  readonly #free: number[] = [];

  add(opened: Opened): number {
    const fd = this.#free.pop() ?? this.#files.length;
    this.#files[fd] = opened;
    return fd;
  }

  get(fd: number): Opened | undefined {
    return this.#files[fd];
  }

  remove(fd: number): Opened | undefined {
    const opened = this.#files[fd];
    if (!opened) return undefined;
    this.#files[fd] = undefined;
    this.#free.push(fd);
    return opened;
  }
}

function code(result: Result<unknown> | Errno | undefined): Code {
  return isErrno(result) ? -result.code : 0;
}

function statfsOf(fileSystem: FileSystem, inode: Inode): Readonly<Record<string, number>> {
  const { blockSize, maxNameLength } = fileSystem.statfs(inode);
  return { bsize: blockSize, frsize: blockSize, namemax: maxNameLength };
}

function packageStat(fileSystem: FileSystem, inode: Inode): PackageStat {
  const { ino, mode, nlink, uid, gid, size, rdev, atime, mtime, ctime } = fileSystem.getattr(inode);
  return {
    ino,
    mode,
    nlink,
    uid,
    gid,
    size,
    rdev: encodeDevice(rdev),
    blksize: 4096,
    atime: Number(atime / NS_PER_MS),
    mtime: Number(mtime / NS_PER_MS),
    ctime: Number(ctime / NS_PER_MS),
  };
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.trunc(milliseconds)) * NS_PER_MS;
}
