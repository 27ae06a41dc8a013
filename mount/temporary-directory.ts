import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MountError } from './transport.ts';

/**
 * A new directory to mount on.
 * @throws {MountError} when there is no place for one.
 */
export async function temporaryDirectory(prefix: string, parent: string = tmpdir()): Promise<string> {
  try {
    return await mkdtemp(join(parent, prefix));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MountError(`${parent} takes no temporary directory (${code}): set TMPDIR to one that does`);
  }
}
