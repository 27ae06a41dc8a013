import { type FileSystem, type Inode, KERNEL, PENDING } from '../../kernel/fs/file-system.ts';
import { EAGAIN, isErrno, type Result } from '../../kernel/lib/errno.ts';
import { O_RDONLY } from '../../kernel/lib/stat.ts';

/** Looking at a file system from inside the kernel: without a process, its descriptors and its permissions. */

const READ_SIZE = 65536;
const PAST_DOTS = 2;

/** Follows no symbolic link. */
export function findInode(fileSystem: FileSystem, path: string): Inode | undefined {
  let inode = fileSystem.root;
  for (const name of path.split('/').slice(1)) {
    const child = fileSystem.lookup(inode, name);
    if (isErrno(child)) return undefined;
    inode = child;
  }
  return inode;
}

/** Without `.` and `..`; none of what cannot be listed. */
export function namesIn(fileSystem: FileSystem, directory: Inode): string[] {
  const names: string[] = [];
  const cursor = fileSystem.opendir(directory, KERNEL);
  if (isErrno(cursor)) return names;
  cursor.seek(PAST_DOTS);
  for (let entry = cursor.peek(); entry; entry = cursor.peek()) {
    names.push(entry.name);
    cursor.advance();
  }
  return names;
}

/** What open(2) and read(2) to the end answer; EAGAIN where a read would wait. */
export function contentOf(
  fileSystem: FileSystem,
  inode: Inode,
): { readonly call: 'open' | 'read'; readonly bytes: Result<Uint8Array> } {
  const file = fileSystem.open(inode, O_RDONLY, KERNEL);
  if (isErrno(file)) return { call: 'open', bytes: file };
  const chunks: Uint8Array[] = [];
  let length = 0;
  let bytes: Result<Uint8Array> | undefined;
  while (bytes === undefined) {
    const chunk = file.read(length, READ_SIZE, true);
    if (chunk === PENDING) bytes = EAGAIN;
    else if (isErrno(chunk)) bytes = chunk;
    else if (chunk.length === 0) bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    else {
      chunks.push(chunk);
      length += chunk.length;
    }
  }
  file.release();
  return { call: 'read', bytes };
}
