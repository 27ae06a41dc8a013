import type { OpenFile } from '../fs/file-system.ts';
import { EINVAL, type Result } from '../lib/errno.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../lib/stat.ts';

/** An open /dev/ndctlN or /dev/nmemN: there is nothing to it but commands, which are not simulated. */
export class IoctlFile implements OpenFile {
  read(): Result<Uint8Array> {
    return EINVAL;
  }

  write(): Result<number> {
    return EINVAL;
  }

  poll(): number {
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
  }

  onWake(): () => void {
    return () => {};
  }

  /** noop_llseek */
  lseek(): number {
    return 0;
  }

  release(): void {}
}
