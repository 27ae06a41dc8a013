import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { run } from '../mountpoint.ts';

/** Whether a privileged process can make user name spaces: the kernel has them, and user_namespaces(7) none are forbidden. */
export function hasUserNamespaces(): boolean {
  const limit = '/proc/sys/user/max_user_namespaces';
  return (
    existsSync('/proc/self/ns/user') && !(existsSync(limit) && Number(readFileSync(limit, 'utf8')) === 0)
  );
}

/** Every id of this name space, as itself; lines as in /proc/PID/uid_map. */
export function identityMap(own: string): string {
  return own
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .map(([inside, _outside, count]) => `${inside} ${inside} ${count}\n`)
    .join('');
}

/**
 * Gives a process in a new user name space below ours the ids that we have.
 * @throws when it has ended, or is in no new one.
 */
export function mapSameIds(pid: number): void {
  for (const map of ['uid_map', 'gid_map'])
    writeFileSync(`/proc/${pid}/${map}`, identityMap(readFileSync(`/proc/self/${map}`, 'utf8')));
}

/**
 * Whether we are in a chroot(2): no user name space can be made there, and mounts cannot be made private. Who may not look at
 * the root of the first process has to try.
 */
export async function isChrooted(): Promise<boolean> {
  if (!/^(\S+ ){4}\/ /m.test(await readFile('/proc/self/mountinfo', 'utf8'))) return true;
  try {
    const [own, first] = await Promise.all(['/', '/proc/1/root/'].map(path => stat(path)));
    return own!.dev !== first!.dev || own!.ino !== first!.ino;
  } catch {
    return (await run('unshare', ['--user', 'true'])) !== undefined;
  }
}
