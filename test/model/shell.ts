import { type FileSystem, type Inode, KERNEL } from '../../src/kernel/fs/file-system.ts';
import { MemoryDevice } from '../../src/kernel/fs/memory-device.ts';
import { pathLookup } from '../../src/kernel/fs/namei.ts';
import { isErrno, type Result } from '../../src/kernel/lib/errno.ts';
import { fromLatin1 } from '../../src/kernel/lib/latin1.ts';
import { O_WRONLY, S_IFDIR, S_IFLNK, S_IFREG } from '../../src/kernel/lib/stat.ts';
import { contentOf, namesIn } from '../../src/replay/engine/kernel-reads.ts';

/** The memory of the devices: gigabytes. */
const CONTENTS = '/sys/kernel/debug/daxsim/mem';

/** Paths and whole files over a file system, as a shell has them. */
export class Shell {
  readonly fileSystem: FileSystem;

  constructor(fileSystem: FileSystem) {
    this.fileSystem = fileSystem;
  }

  resolve(path: string, follow = true): Result<Inode> {
    const place = pathLookup(this.fileSystem, path, KERNEL, follow);
    return isErrno(place) ? place : place.inode;
  }

  exists(path: string): boolean {
    return !isErrno(this.resolve(path));
  }

  read(path: string): Result<string> {
    const inode = this.resolve(path);
    if (isErrno(inode)) return inode;
    const { bytes } = contentOf(this.fileSystem, inode);
    return isErrno(bytes) ? bytes : fromLatin1(bytes);
  }

  write(path: string, text: string): Result<number> {
    const inode = this.resolve(path);
    if (isErrno(inode)) return inode;
    const file = this.fileSystem.open(inode, O_WRONLY, KERNEL);
    return isErrno(file) ? file : file.write(0, Buffer.from(text));
  }

  list(path: string): string[] {
    const inode = this.resolve(path);
    return isErrno(inode) ? [] : namesIn(this.fileSystem, inode);
  }

  /** Every path with its mode and content or target, but for logs and counters. */
  snapshot({ except = [] as readonly string[] } = {}): Map<string, string> {
    const lines = new Map<string, string>();
    for (const top of ['sys', 'dev', 'proc']) this.#walk(`/${top}`, lines);
    return Shell.without(lines, [
      ...except,
      'log',
      'uevents',
      'uevent_seqnum',
      'buddyinfo',
      'vmstat',
      'numastat',
    ]);
  }

  static without(lines: Map<string, string>, names: readonly string[]): Map<string, string> {
    return new Map([...lines].filter(([path]) => !names.includes(path.slice(path.lastIndexOf('/') + 1))));
  }

  /** What two snapshots differ in, a line a path: few words, where comparing whole trees takes minutes. */
  static differences(before: Map<string, string>, after: Map<string, string>): string[] {
    return [...new Set([...before.keys(), ...after.keys()])]
      .filter(path => before.get(path) !== after.get(path))
      .map(path => `${path}: ${before.get(path)} => ${after.get(path)}`);
  }

  #walk(path: string, lines: Map<string, string>): void {
    for (const name of this.list(path)) {
      const child = `${path}/${name}`;
      const inode = this.resolve(child, false);
      if (isErrno(inode)) throw new Error(`${child} is listed and not there`);
      if (child === CONTENTS) continue;
      const stat = this.fileSystem.getattr(inode);
      let text = `${stat.mode.toString(8)} ${stat.nlink}`;
      if (inode.type === S_IFLNK) text += ` -> ${this.fileSystem.readlink(inode)}`;
      if (inode.type === S_IFREG && !(inode instanceof MemoryDevice)) text += ` ${this.read(child)}`;
      lines.set(child, text);
      if (inode.type === S_IFDIR) this.#walk(child, lines);
    }
  }
}
