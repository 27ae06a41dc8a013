import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { hasSysAdmin } from '../capability.ts';
import { libc } from '../system-calls.ts';
import { MountError } from '../transport.ts';

export type Privilege = 'root' | 'user';

const F_SETFD = 2;

/**
 * As root when that is what we are, else as the root of a user name space of our own.
 * @throws {MountError} saying what is missing.
 */
export function choosePrivilege(asked: Privilege | undefined): { privilege: Privilege; why: string } {
  const root = hasSysAdmin();
  if (asked === 'root') {
    if (!root) throw new MountError('--root needs CAP_SYS_ADMIN: run as root, or without --root');
    return { privilege: 'root', why: 'asked for' };
  }
  if (asked === undefined && root) return { privilege: 'root', why: 'it may mount' };
  const refusal = userNamespaceRefusal();
  if (refusal !== undefined) throw new MountError(refusal);
  return { privilege: 'user', why: asked ? 'asked for' : 'no CAP_SYS_ADMIN' };
}

const SWITCHES: readonly { readonly file: string; readonly forbids: string; readonly mend: string }[] = [
  { file: 'user/max_user_namespaces', forbids: '0', mend: 'sysctl user.max_user_namespaces=10000' },
  {
    file: 'kernel/unprivileged_userns_clone',
    forbids: '0',
    mend: 'sysctl kernel.unprivileged_userns_clone=1',
  },
  {
    file: 'kernel/apparmor_restrict_unprivileged_userns',
    forbids: '1',
    mend: 'sysctl kernel.apparmor_restrict_unprivileged_userns=0',
  },
];

/** Tries it: sysctls, seccomp, security modules and containers may all forbid it. */
function userNamespaceRefusal(): string | undefined {
  try {
    execFileSync('unshare', ['--user', '--map-root-user', '--mount', 'true'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: Buffer };
    if (code === 'ENOENT') return 'unshare is not installed (package util-linux)';
    for (const { file, forbids, mend } of SWITCHES) {
      const path = `/proc/sys/${file}`;
      if (existsSync(path) && readFileSync(path, 'utf8').trim() === forbids)
        return `user name spaces are forbidden: run as root, or allow them with "${mend}"`;
    }
    const said = stderr?.toString().trim();
    return `user name spaces are forbidden here (${said}): run as root (a chroot has none); in a container, with --privileged or --cap-add SYS_ADMIN --device /dev/fuse`;
  }
}

/**
 * Becomes the root of a new user name space by starting over in it: a process with threads cannot move there.
 * @param args of node itself
 */
export function restartInUserNamespace(args: readonly string[]): never {
  const argv = ['unshare', '--user', '--map-root-user', '--', process.execPath, ...args, null];
  const { execvp, fcntl, errno } = libc();
  // Node marks them close-on-exec.
  for (const fd of [0, 1, 2]) fcntl(fd, F_SETFD, 0);
  execvp('unshare', argv);
  throw new MountError(`unshare cannot be run (errno ${errno()})`);
}
