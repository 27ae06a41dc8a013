import type { Result } from '../lib/errno.ts';
import { DEFAULT_POLLMASK } from '../lib/stat.ts';
import type { OpenFile } from './file-system.ts';

/** An open file that makes nobody wait, as one whose driver has no poll. */
export abstract class ReadyFile implements OpenFile {
  abstract read(offset: number, length: number): Result<Uint8Array>;
  abstract write(offset: number, data: Uint8Array): Result<number>;

  poll(): number {
    return DEFAULT_POLLMASK;
  }

  onWake(): () => void {
    return () => {};
  }

  release(): void {}
}
