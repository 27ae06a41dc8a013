import { ENOENT, EPERM, type Errno } from '../lib/errno.ts';
import { Directory } from './directory.ts';

/**
 * fs/proc/generic.c: proc_lookup_de answers for a missing name with an error instead of a negative dentry, so that nothing can
 * be made under it: ENOENT, where sysfs has EPERM or EACCES.
 */
export class ProcDirectory extends Directory {
  override makeFile(): Errno {
    return ENOENT;
  }

  override makeDirectory(): Errno {
    return ENOENT;
  }

  override makeDevice(): Errno {
    return ENOENT;
  }

  override makeSymlink(): Errno {
    return ENOENT;
  }

  override makeHardLink(): Errno {
    return ENOENT;
  }

  override renameChild(_name: string, to: Directory, newName: string): Errno {
    return to.child(newName) ? EPERM : ENOENT;
  }
}
