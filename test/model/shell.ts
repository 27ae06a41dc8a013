import type { FileSystem, Inode } from '../../src/fs/file-system.ts';

import { ENOENT, isErrno, type Result } from '../../src/lib/errno.ts';
import { fromLatin1 } from '../../src/lib/latin1.ts';
import { O_RDONLY, O_WRONLY, S_IFDIR, S_IFLNK, S_IFREG } from '../../src/lib/stat.ts';

const ELOOP_LIMIT = 40;
const ROOT = { uid: 0, gid: 0, pid: 1 };

/** The memory of the devices: gigabytes. */
const CONTENTS = '/sys/kernel/debug/daxsim/mem';

/** Paths and whole files over a file system, as a shell has them. */
export class Shell {
  readonly fileSystem: FileSystem;

  constructor(fileSystem: FileSystem) {
    this.fileSystem = fileSystem;
  }

  resolve(path: string, follow = true, depth = 0): Result<Inode> {
    const stack: Inode[] = [this.fileSystem.root];
    const parts = path.split('/').filter(Boolean);
    for (const [i, part] of parts.entries()) {
      if (part === '..') {
        stack.pop();
        continue;
      }
      const inode = this.fileSystem.lookup(stack.at(-1)!, part);
      if (isErrno(inode)) return inode;
      const last = i === parts.length - 1;
      if (inode.type === S_IFLNK && (follow || !last)) {
        if (depth > ELOOP_LIMIT) return ENOENT;
        const above = parts.slice(0, i).join('/');
        const target = this.fileSystem.readlink(inode);
        if (isErrno(target)) return target;
        const rest = parts.slice(i + 1).join('/');
        return this.resolve(normalise(`${above}/${target}/${rest}`), follow, depth + 1);
      }
      stack.push(inode);
    }
    return stack.at(-1)!;
  }

  exists(path: string): boolean {
    return !isErrno(this.resolve(path));
  }

  read(path: string): Result<string> {
    const inode = this.resolve(path);
    if (isErrno(inode)) return inode;
    const file = this.fileSystem.open(inode, O_RDONLY, ROOT);
    if (isErrno(file)) return file;
    let text = '';
    for (;;) {
      const bytes = file.read(text.length, 65536);
      if (typeof bytes === 'symbol') throw new Error('pending');
      if (isErrno(bytes)) return bytes;
      if (bytes.length === 0) return text;
      text += fromLatin1(bytes);
    }
  }

  write(path: string, text: string): Result<number> {
    const inode = this.resolve(path);
    if (isErrno(inode)) return inode;
    const file = this.fileSystem.open(inode, O_WRONLY, ROOT);
    return isErrno(file) ? file : file.write(0, Buffer.from(text));
  }

  list(path: string): string[] {
    const inode = this.resolve(path);
    if (isErrno(inode)) return [];
    const cursor = this.fileSystem.opendir(inode, ROOT);
    if (isErrno(cursor)) return [];
    cursor.seek(2);
    const names: string[] = [];
    for (let entry = cursor.peek(); entry; entry = cursor.peek()) {
      names.push(entry.name);
      cursor.advance();
    }
    return names;
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

  #walk(path: string, lines: Map<string, string>): void {
    for (const name of this.list(path)) {
      const child = `${path}/${name}`;
      const inode = this.resolve(child, false);
      if (isErrno(inode)) throw new Error(`${child} is listed and not there`);
      if (child === CONTENTS) continue;
      const stat = this.fileSystem.getattr(inode);
      let text = `${stat.mode.toString(8)} ${stat.nlink}`;
      if (stat.mode >> 12 === S_IFLNK >> 12) text += ` -> ${this.fileSystem.readlink(inode)}`;
      if (stat.mode >> 12 === S_IFREG >> 12) text += ` ${this.read(child)}`;
      lines.set(child, text);
      if (stat.mode >> 12 === S_IFDIR >> 12) this.#walk(child, lines);
    }
  }
}

function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
