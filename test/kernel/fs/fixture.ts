import { Directory } from '../../../src/kernel/fs/directory.ts';
import type { Caller, OpenFile } from '../../../src/kernel/fs/file-system.ts';
import { Tree } from '../../../src/kernel/fs/node.ts';
import { Vfs } from '../../../src/kernel/fs/vfs.ts';
import { isErrno, type Result } from '../../../src/kernel/lib/errno.ts';

export const ROOT: Caller = { uid: 0, gid: 0, pid: 1 };
export const NOBODY: Caller = { uid: 1000, gid: 1000, pid: 2 };

export interface Fixture {
  readonly root: Directory;
  readonly vfs: Vfs;
  readonly bugs: unknown[];
}

export function makeTree(): Fixture {
  let now = 0n;
  const root = new Directory(new Tree(() => ++now), undefined, '');
  const bugs: unknown[] = [];
  return { root, bugs, vfs: new Vfs(root, error => bugs.push(error)) };
}

/** The value, or a failed test naming the errno. */
export function ok<T>(result: Result<T>): T {
  if (isErrno(result)) throw new Error(`unexpected ${result}`);
  return result;
}

export function text(bytes: ReturnType<OpenFile['read']>): string {
  if (typeof bytes === 'symbol') throw new Error('pending');
  return Buffer.from(ok(bytes)).toString();
}

export function bytes(value: string): Uint8Array {
  return Buffer.from(value);
}
