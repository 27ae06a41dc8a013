import { EINVAL, type Result } from '../lib/errno.ts';
import { DEFAULT_POLLMASK } from '../lib/stat.ts';
import type { OpenFile } from './file-system.ts';

/** An open character device that neither reads nor writes: what it does beyond that is its subclass's matter. */
export class CharacterFile implements OpenFile {
  read(): Result<Uint8Array> {
    return EINVAL;
  }

  write(): Result<number> {
    return EINVAL;
  }

  poll(): number {
    return DEFAULT_POLLMASK;
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
