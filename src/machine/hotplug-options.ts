import { isErrno } from '../lib/errno.ts';
import { kstrtobool, kstrtouint } from '../lib/kstrtox.ts';
import type { HotplugOptions } from '../mm/memory-hotplug.ts';
import { onlineTypes } from '../mm/online-type.ts';
import { type BootParameter, lastValue } from './cmdline.ts';

/** A boolean parameter of the command line; one without a value is on. Undefined when absent or not a boolean. */
export function bootBoolean(parameters: readonly BootParameter[], name: string): boolean | undefined {
  const given = parameters.findLast(parameter => parameter.name === name);
  if (!given) return undefined;
  const value = given.value === undefined ? true : kstrtobool(given.value);
  return typeof value === 'boolean' ? value : undefined;
}

/** What the kernel command line says of memory hotplug; a value that the kernel would not accept counts as absent. */
export function hotplugOptions(parameters: readonly BootParameter[]): HotplugOptions {
  const value = (name: string) => lastValue(parameters, name);
  const autoOnline = onlineTypes.find(type => type === value('memhp_default_state'));
  const onlinePolicy = (['contig-zones', 'auto-movable'] as const).find(
    policy => policy === value('memory_hotplug.online_policy'),
  );
  const ratio = kstrtouint(value('memory_hotplug.auto_movable_ratio') ?? '');
  const numaAware = bootBoolean(parameters, 'memory_hotplug.auto_movable_numa_aware');
  const onMemory = value('memory_hotplug.memmap_on_memory');
  return {
    ...(autoOnline && { autoOnline }),
    ...(onlinePolicy && { onlinePolicy }),
    ...(!isErrno(ratio) && { autoMovableRatio: ratio }),
    ...(numaAware !== undefined && { autoMovableNumaAware: numaAware }),
    memmapOnMemory: onMemory === 'force' ? 'force' : onMemory && kstrtobool(onMemory) === true ? 'Y' : 'N',
    // cmdline_parse_movable_node looks at no value.
    movableNode: parameters.some(({ name }) => name === 'movable_node'),
  };
}
