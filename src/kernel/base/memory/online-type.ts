import type { Result } from '../../lib/errno.ts';
import { isErrno } from '../../lib/errno.ts';
import { sysfsMatchString } from '../../lib/kstrtox.ts';

export const onlineTypes = ['offline', 'online', 'online_kernel', 'online_movable'] as const;
/** MMOP_*, as `state` and `auto_online_blocks` spell them. */
export type OnlineType = (typeof onlineTypes)[number];

/** The numbers of the MMOP_* are the indices of {@link onlineTypes}. */
export const MMOP_OFFLINE = 0;
export const MMOP_ONLINE = 1;
export const MMOP_ONLINE_KERNEL = 2;
export const MMOP_ONLINE_MOVABLE = 3;

/** mhp_online_type_from_str: EINVAL for anything but the four words. */
export function parseOnlineType(text: string): Result<number> {
  const word = sysfsMatchString(onlineTypes, text);
  return isErrno(word) ? word : onlineTypes.indexOf(word);
}
