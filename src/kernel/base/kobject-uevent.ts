import { type Attribute, type AttributeGroup, group, rw, wo } from '../fs/attribute.ts';
import type { Directory } from '../fs/directory.ts';
import type { Result } from '../lib/errno.ts';
import { isErrno } from '../lib/errno.ts';
import type { DriverCore } from './core.ts';
import { KERN_WARNING } from './printk.ts';
import { parseSyntheticUevent, type UeventAction } from './uevent.ts';

/** A kobject that can send uevents: a bus, a driver, a module, a device. */
export interface UeventObject {
  readonly core: DriverCore;
  readonly directory: Directory;
  /** The value of SUBSYSTEM; undefined for a device without bus and class, whose events are filtered. */
  readonly subsystem: string | undefined;
  /** The keys after SUBSYSTEM, or after the caller's keys. */
  ueventKeys?(): string[];
  /** Logs a refused write beyond the line of the core, as devices do. */
  ueventRefused?(errno: number): void;
}

/** kobject_uevent: sends nothing for a filtered object. */
export function sendUevent(object: UeventObject, action: UeventAction, callerKeys: readonly string[] = []) {
  const { core, subsystem } = object;
  if (subsystem === undefined) return undefined;
  const keys = [...callerKeys, ...(object.ueventKeys?.() ?? [])];
  return core.uevents.send(action, core.devpath(object.directory), subsystem, keys);
}

/** What uevent_store logs of a device. */
export function syntheticUeventRefused(core: DriverCore, errno: number): string {
  return `uevent: failed to send synthetic uevent${core.profile.driverCore.logsUeventErrno ? `: -${errno}` : ''}`;
}

/** kobject_synth_uevent: a write to an `uevent` file. EINVAL, or ENOMEM when the keys do not fit. */
function storeUevent(object: UeventObject, text: string): Result<undefined> {
  const parsed = parseSyntheticUevent(text);
  const refused = 'errno' in parsed ? parsed.errno : sendUevent(object, parsed.action, parsed.keys);
  if (!isErrno(refused)) return undefined;
  const reason = 'errno' in parsed ? parsed.reason : 'failed to send uevent';
  object.core.printk.print(KERN_WARNING, `synth uevent: ${object.core.devpath(object.directory)}: ${reason}`);
  object.ueventRefused?.(refused.code);
  return refused;
}

/** `uevent` of buses, drivers and modules. */
export const ueventWriteOnly: AttributeGroup<UeventObject> = group({
  uevent: wo(storeUevent, { raw: true }),
});

/** `uevent` of a device: readable, empty for a filtered one. */
export const deviceUevent: Attribute<UeventObject> = rw(
  object =>
    object.subsystem === undefined ? '' : (object.ueventKeys?.() ?? []).map(key => `${key}\n`).join(''),
  storeUevent,
  { raw: true, stable: true },
);
