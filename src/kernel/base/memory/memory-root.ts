import { type Attribute, type AttributeGroup, group, ro, rw, wo } from '../../fs/attribute.ts';
import type { Caller } from '../../fs/file-system.ts';
import { EINVAL, EPERM, type Errno, isErrno, refusal } from '../../lib/errno.ts';
import { kstrtoull } from '../../lib/kstrtox.ts';
import { PAGE_SHIFT } from '../../lib/page.ts';
import type { MemoryManagement } from '../../mm/memory-management.ts';
import type { KernelProfile } from '../../releases/profile.ts';
import { MMOP_ONLINE, onlineTypes, parseOnlineType } from './online-type.ts';

/** A physical address, written by somebody with CAP_SYS_ADMIN. */
function offlinePage(
  act: (memory: MemoryManagement, pfn: bigint) => Errno | undefined,
): Attribute<MemoryManagement> {
  return wo((memory, text, { uid }: Caller) => {
    if (uid !== 0) return refusal(EPERM, 'CAP_SYS_ADMIN is needed');
    const address = kstrtoull(text);
    return isErrno(address) ? refusal(EINVAL, address.reason!) : act(memory, address >> PAGE_SHIFT);
  });
}

const attributes: Readonly<Record<string, Attribute<MemoryManagement>>> = {
  auto_online_blocks: rw(
    memory => `${onlineTypes[memory.policy.autoOnlineType]}\n`,
    (memory, text) => {
      const type = parseOnlineType(text);
      if (isErrno(type)) return type;
      if (type > MMOP_ONLINE && !memory.core.profile.hotplug.autoOnlineZones)
        return refusal(EINVAL, 'this kernel takes only online and offline here');
      memory.policy.autoOnlineType = type;
      return undefined;
    },
  ),
  block_size_bytes: ro(memory => `${memory.blockSize.toString(16)}\n`),
  hard_offline_page: offlinePage((memory, pfn) => memory.failures.hardOffline(pfn)),
  soft_offline_page: offlinePage((memory, pfn) => memory.failures.softOffline(pfn)),
};

const withCrashHotplug = group({ ...attributes, crash_hotplug: ro(() => '0\n') }, { stable: true });
const withoutCrashHotplug = group(attributes, { stable: true });

/** drivers/base/memory.c memory_root_attrs. */
export function memoryRootAttributes(profile: KernelProfile): AttributeGroup<MemoryManagement> {
  return profile.hotplug.crashHotplug ? withCrashHotplug : withoutCrashHotplug;
}
