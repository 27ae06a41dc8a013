import { constants as access, accessSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileSystemHost } from '../file-system-host.ts';
import { mountAt, mountSource, unmountPath } from '../mountpoint.ts';
import {
  type CreateFileSystem,
  MountError,
  type ServeOptions,
  type Session,
  type Transport,
} from '../transport.ts';
import { mountClass } from './mount-class.ts';
import { operationsOf } from './operations.ts';
import { loadPackage, type Operations } from './package.ts';
import { WaitingReads } from './waiting-reads.ts';

/** How soon an unmount by somebody else is noticed. */
const LOOK_INTERVAL_MS = 200;
/** libfuse sends it to the thread of an interrupted request, and keeps a handler that is there already. */
const INTERRUPT_SIGNAL = 'SIGUSR2';

/** What libfuse 2 and the package cannot express; here this transport differs from the other. */
export const LIMITS = {
  caller: 'uid, gid and pid of a caller are unknown: the kernel checks mode bits, handlers see root',
  identity: 'files are known by path: a directory that is held open means whatever has its name now',
  poll: 'no poll: files are always readable and writable to select, poll and epoll',
  seek: 'no lseek: SEEK_END of a log goes to its st_size, SEEK_DATA to the given offset',
  splice: 'no word on lengths: splice and sendfile find nothing in a text of no size, as in /proc',
  sync: 'no word from fsync on which file it is for, so that it always succeeds',
  mmap: 'no mmap of device nodes',
  create: 'the flags of an open that creates are unknown',
  utimens: 'the modification time is set to the access time; times have milliseconds',
  rename: 'no rename flags (RENAME_NOREPLACE and others give EINVAL)',
  interrupt: 'a signal ends all waiting reads with EINTR, within two seconds',
  cache: 'the kernel is never allowed to cache: there is no way to invalidate',
  thread: 'requests are answered by the main thread of the process',
} as const;

export const fuseNative: Transport = {
  unavailable() {
    try {
      accessSync('/dev/fuse', access.R_OK | access.W_OK);
    } catch {
      return '/dev/fuse cannot be opened (load the module fuse, or give the container the device)';
    }
    try {
      loadPackage();
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      return message.includes('libfuse.so.2')
        ? 'libfuse.so.2 is not installed (package libfuse2)'
        : `the package fuse-native cannot be loaded (${message.split('\n')[0]})`;
    }
  },

  async serve(options) {
    const { createFileSystem } = (await import(options.fileSystem.module)) as {
      createFileSystem: CreateFileSystem;
    };
    const { onLog, mountpoint } = options;
    const fileSystem = await createFileSystem(options.fileSystem.data, fileSystemHost(onLog));
    const waiting = new WaitingReads();
    const interrupted = (): void => waiting.interrupted(performance.now());
    process.on(INTERRUPT_SIGNAL, interrupted);

    const fusePackage = loadPackage();
    const { operations, counts } = counting(operationsOf(fileSystem, waiting));
    const Mount = mountClass(fusePackage, libfuseOptions(options));
    const mount = new Mount(mountpoint, operations, { timeout: false });
    try {
      await new Promise<void>((resolve, reject) => mount.mount(error => (error ? reject(error) : resolve())));
    } catch (error) {
      process.off(INTERRUPT_SIGNAL, interrupted);
      throw new MountError(`fuse-native cannot mount on ${mountpoint}: ${(error as Error).message}`);
    }

    const ended = untilUnmounted(mountpoint).then(() => {
      process.off(INTERRUPT_SIGNAL, interrupted);
      waiting.endAll();
      if (mount._thread) fusePackage.binding.fuse_native_unmount(mountpoint, mount._thread);
    });
    return {
      ended,
      async unmount() {
        waiting.endAll();
        await unmountPath(mountpoint);
        await ended;
      },
      statistics: () => counts,
    } satisfies Session;
  },
};

/** The package has no way to say most of these; timeouts of 0 it takes for "not given". */
function libfuseOptions({ name }: ServeOptions): readonly string[] {
  const uid = process.geteuid!();
  return [
    `fsname=${mountSource(name)}`,
    `subtype=${name}`,
    'default_permissions',
    'direct_io',
    'atomic_o_trunc',
    'big_writes',
    'hard_remove',
    'use_ino',
    'entry_timeout=0',
    'attr_timeout=0',
    'negative_timeout=0',
    'intr',
    `intr_signal=${constants.signals[INTERRUPT_SIGNAL]}`,
    ...(mayAllowOthers(uid) ? ['allow_other'] : []),
    // Whoever serves without privilege is the root of the simulated machine.
    ...(uid === 0 ? [] : [`uid=${uid}`, `gid=${process.getegid!()}`]),
  ];
}

function mayAllowOthers(uid: number): boolean {
  if (uid === 0) return true;
  try {
    return /^\s*user_allow_other\s*$/m.test(readFileSync('/etc/fuse.conf', 'utf8'));
  } catch {
    return false;
  }
}

function counting(operations: Operations): { operations: Operations; counts: Record<string, number> } {
  const counts: Record<string, number> = {};
  const counted = Object.entries(operations).map(([name, run]) => {
    const key = name.toUpperCase();
    return [
      name,
      (...given: unknown[]) => {
        counts[key] = (counts[key] ?? 0) + 1;
        (run as (...given: unknown[]) => void)(...given);
      },
    ];
  });
  return { operations: Object.fromEntries(counted) as Operations, counts };
}

async function untilUnmounted(mountpoint: string): Promise<void> {
  while (await mountAt(mountpoint)) await new Promise(later => setTimeout(later, LOOK_INTERVAL_MS));
}
