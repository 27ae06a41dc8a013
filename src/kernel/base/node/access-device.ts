import { AttributeGroup } from '../../fs/attribute.ts';
import { RootDevice } from '../device.ts';
import { addPowerDirectory, powerAttributes } from '../power.ts';

/** pm_runtime_no_callbacks leaves these out. */
const RUNTIME = new Set(['autosuspend_delay_ms', 'control', 'runtime_active_time', 'runtime_suspended_time']);
const only = (wanted: (name: string) => boolean) =>
  new AttributeGroup(new Map([...powerAttributes.attributes].filter(([name]) => wanted(name))));
const withoutCallbacks = only(name => !RUNTIME.has(name));
const withoutRuntime = only(name => name === 'async');

/** drivers/base/node.c `struct node_access_nodes`: between which nodes an access class was measured. */
export class AccessDevice extends RootDevice {
  readonly initiators = this.directory.addDirectory('initiators');
  readonly targets = this.directory.addDirectory('targets');

  override get powerManaged(): boolean {
    return false;
  }

  override add(): void {
    super.add();
    const { accessRuntimePower } = this.core.profile.node;
    addPowerDirectory(this.directory, accessRuntimePower ? withoutCallbacks : withoutRuntime);
  }
}
