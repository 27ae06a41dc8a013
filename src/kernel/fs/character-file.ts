import { EINVAL, type Result } from '../lib/errno.ts';
import { ReadyFile } from './ready-file.ts';

/** An open character device that neither reads nor writes: what it does beyond that is its subclass's matter. */
export class CharacterFile extends ReadyFile {
  read(): Result<Uint8Array> {
    return EINVAL;
  }

  write(): Result<number> {
    return EINVAL;
  }

  /** noop_llseek */
  lseek(): number {
    return 0;
  }
}
