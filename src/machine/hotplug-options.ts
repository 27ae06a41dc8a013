import { onlineTypes } from '../kernel/base/memory/online-type.ts';
import { isErrno } from '../kernel/lib/errno.ts';
import { kstrtobool, kstrtouint } from '../kernel/lib/kstrtox.ts';
import type { HotplugOptions } from '../kernel/mm/memory-management.ts';
import type { KernelProfile } from '../kernel/releases/profile.ts';
import type { BootParameter } from './cmdline.ts';
import { misspelt } from './suggestion.ts';

/** A boolean parameter of the command line; one without a value is on. Undefined when absent or not a boolean. */
export function bootBoolean(parameters: readonly BootParameter[], name: string): boolean | undefined {
  const given = parameters.findLast(parameter => parameter.name === name);
  return given && booleanOf(given.value);
}

function booleanOf(value: string | undefined): boolean | undefined {
  const parsed = value === undefined ? true : kstrtobool(value);
  return typeof parsed === 'boolean' ? parsed : undefined;
}

/** What a parameter's value changes; undefined when the kernel does not accept it. */
type Reader = (value: string | undefined, profile: KernelProfile) => HotplugOptions | undefined;

const READERS: Readonly<Record<string, Reader>> = {
  // cmdline_parse_movable_node looks at no value.
  movable_node: () => ({ movableNode: true }),
  /** hugepages_setup: a count, or `NODE:COUNT,...` */
  hugepages(value = '') {
    if (/^\d+$/.test(value)) return { hugePages: Number(value) };
    if (!/^\d+:\d+(,\d+:\d+)*$/.test(value)) return undefined;
    return {
      hugePages: new Map(value.split(',').map(part => part.split(':').map(Number) as [number, number])),
    };
  },
  memhp_default_state(value, { hotplug: { autoOnlineZones } }) {
    const autoOnline = onlineTypes.find(type => type === value);
    return autoOnline && (autoOnlineZones || !autoOnline.includes('_')) ? { autoOnline } : undefined;
  },
};

/** Of huge pages only those of 2 MiB are allocated at boot. */
const isOtherSize = ({ name, value }: BootParameter): boolean =>
  /^(default_)?hugepagesz$/.test(name) && value !== '2M';

/** The module parameters of mm/memory_hotplug.c. */
const MODULE_READERS: Readonly<Record<string, Reader>> = {
  online_policy(value) {
    const onlinePolicy = (['contig-zones', 'auto-movable'] as const).find(policy => policy === value);
    return onlinePolicy && { onlinePolicy };
  },
  auto_movable_ratio(value = '') {
    const autoMovableRatio = kstrtouint(value);
    return isErrno(autoMovableRatio) ? undefined : { autoMovableRatio };
  },
  auto_movable_numa_aware(value) {
    const autoMovableNumaAware = booleanOf(value);
    return autoMovableNumaAware === undefined ? undefined : { autoMovableNumaAware };
  },
  memmap_on_memory(value, { hotplug: { memmapOnMemoryModes } }) {
    if (memmapOnMemoryModes && value === 'force') return { memmapOnMemory: 'force' };
    const on = memmapOnMemoryModes && value === undefined ? undefined : booleanOf(value);
    return on === undefined ? undefined : { memmapOnMemory: on ? 'Y' : 'N' };
  },
};

const MODULE = 'memory_hotplug.';

/** The words of the command line that are about memory hotplug. */
export const hotplugParameters: readonly string[] = [
  ...Object.keys(READERS),
  ...Object.keys(MODULE_READERS).map(name => `${MODULE}${name}`),
];

function read({ name, value }: BootParameter, profile: KernelProfile): HotplugOptions | undefined {
  if (!name.startsWith(MODULE)) return READERS[name]?.(value, profile);
  return profile.hotplug.memoryGroups
    ? MODULE_READERS[name.slice(MODULE.length)]?.(value, profile)
    : undefined;
}

/** What the kernel command line says of memory hotplug; a value that the kernel would not accept counts as absent. */
export function hotplugOptions(parameters: readonly BootParameter[], profile: KernelProfile): HotplugOptions {
  const options: HotplugOptions = Object.assign({}, ...parameters.map(parameter => read(parameter, profile)));
  return parameters.some(isOtherSize) ? { ...options, hugePages: 0 } : options;
}

/** Parameters that give boot memory a use that a simulated machine has not. */
const NOT_SIMULATED = ['cma', 'crashkernel', 'hugetlb_cma'];

/** What of the command line looks as if it changed the machine's memory, but does not, with the reason. */
export function withoutEffect(parameters: readonly BootParameter[], profile: KernelProfile): string[] {
  const otherSizes = parameters.some(isOtherSize);
  return parameters.flatMap(parameter => {
    const { name, value } = parameter;
    const ofOtherSizes = otherSizes && /hugepages(z)?$/.test(name);
    const says = (reason: string) => [`${name}${value === undefined ? '' : `=${value}`}: ${reason}`];
    if (name in MODULE_READERS) return says(`no parameter of the kernel, which has ${MODULE}${name}`);
    if (NOT_SIMULATED.includes(name) || ofOtherSizes || (name === 'numa' && value?.startsWith('fake=')))
      return says('not simulated');
    if (name === 'efi_fake_mem' && !profile.firmware.efiFakeMem)
      return says(`ignored by Linux ${profile.name}`);
    const meant = misspelt(name, hotplugParameters);
    if (meant !== undefined && meant !== name) return says(`did you mean ${meant}?`);
    const ofHotplug = name in READERS || name.startsWith(MODULE);
    return ofHotplug && !read(parameter, profile) ? says(`ignored by Linux ${profile.name}`) : [];
  });
}
