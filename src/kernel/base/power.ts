import { group, ro, rw } from '../fs/attribute.ts';
import type { Directory } from '../fs/directory.ts';
import { EINVAL, EIO, isErrno } from '../lib/errno.ts';
import { sysfsMatchString } from '../lib/kstrtox.ts';

/** drivers/base/power/sysfs.c for a device without runtime power management. */
export class PowerState {
  #control: 'auto' | 'on' = 'auto';
  async: 'enabled' | 'disabled' = 'disabled';
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  get control(): 'auto' | 'on' {
    return this.#control;
  }

  set control(control: 'auto' | 'on') {
    this.#control = control;
    this.#directory.contentChanged('runtime_enabled', 'runtime_usage');
  }
}

function choose<K extends string>(keywords: readonly K[], text: string, set: (keyword: K) => void) {
  const keyword = sysfsMatchString(keywords, text);
  if (isErrno(keyword)) return EINVAL;
  set(keyword);
  return undefined;
}

export const powerAttributes = group<PowerState>(
  {
    async: rw(
      power => `${power.async}\n`,
      (power, text) => choose(['enabled', 'disabled'], text, keyword => (power.async = keyword)),
    ),
    autosuspend_delay_ms: rw(
      () => EIO,
      () => EIO,
    ),
    control: rw(
      power => `${power.control}\n`,
      (power, text) => choose(['auto', 'on'], text, keyword => (power.control = keyword)),
    ),
    runtime_active_kids: ro(() => '0\n'),
    runtime_active_time: ro(() => '0\n'),
    runtime_enabled: ro(power => (power.control === 'on' ? 'disabled & forbidden\n' : 'disabled\n')),
    runtime_status: ro(() => 'unsupported\n'),
    runtime_suspended_time: ro(() => '0\n'),
    runtime_usage: ro(power => (power.control === 'on' ? '1\n' : '0\n')),
  },
  { stable: true },
);

/** dpm_sysfs_add: the directory `power` of a device. */
export function addPowerDirectory(device: Directory, attributes = powerAttributes): void {
  const directory = device.addDirectory('power');
  directory.attach(attributes.of(new PowerState(directory)));
}
