import type { Errno } from '../lib/errno.ts';
import type { DevDax } from './dev-dax.ts';
import { probeDeviceDax } from './device.ts';
import { DaxDriver } from './driver.ts';

/** drivers/dax/fsdev.c: the raw range for a file system, which maps it in the device's place. Only new_id brings it one. */
export class FsdevDriver extends DaxDriver {
  readonly kind = 'fsdev';

  override probeDax(dax: DevDax): Errno | undefined {
    return probeDeviceDax(dax);
  }
}
