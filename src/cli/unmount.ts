import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isMountOf, mountAt, unmountPath, whenServerEnded } from '../../mount/mountpoint.ts';
import { Failure } from '../api/failure.ts';
import { fail, MOUNT_NAME } from '../api/mount-machine.ts';

/** `daxsim unmount`: takes away what daxsim mounted, its daemon dead or alive, and nothing else. */
export async function unmount({ mountpoint }: { readonly mountpoint: string }): Promise<number> {
  const place = await canonical(mountpoint);
  const mounted = await mountAt(place);
  if (!mounted) throw new Failure(`${mountpoint} is not a mount`);
  if (!isMountOf(mounted, MOUNT_NAME)) {
    throw new Failure(`${mountpoint} is a mount of type ${mounted.type}, not one of daxsim`);
  }
  await unmountPath(place).catch(fail);
  await whenServerEnded(mounted);
  return 0;
}

/** realpath(3) that copes with the mount of a dead daemon. */
async function canonical(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch {
    const parent = await realpath(dirname(absolute)).catch(() => dirname(absolute));
    return join(parent, basename(absolute));
  }
}
