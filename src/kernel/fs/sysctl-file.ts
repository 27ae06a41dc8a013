import { EACCES, EINVAL, EPERM, type Errno, isErrno, type Result, refusal } from '../lib/errno.ts';
import { S_IFREG } from '../lib/stat.ts';
import type { Directory } from './directory.ts';
import type { Caller, OpenFile } from './file-system.ts';
import { FileNode } from './node.ts';
import { OpenSeqFile } from './seq-file.ts';

/** include/linux/sysctl.h `struct ctl_table` for one integer, with proc_dointvec_minmax. */
export interface Sysctl {
  /** 0o644, 0o444 or 0o200. */
  readonly mode: number;
  get(): number | bigint | string;
  /** Absent: read-only. An errno refuses. */
  set?(value: number, writer: Caller): Errno | undefined;
  /** In place of `set`: any unsigned long, as proc_doulongvec_minmax takes it. */
  setLong?(value: bigint): void;
  readonly min?: number;
  readonly max?: number;
  /** EPERM for writers other than root. */
  readonly privileged?: boolean;
}

const INT_MAX = 2 ** 31 - 1;
const ULONG_MAX = 2n ** 64n - 1n;
/** proc_get_long: one number of up to 20 characters, whatever blanks are around it. */
const NUMBER = /^[ \t\n]*(-?)(0[xX][0-9a-fA-F]{1,18}|\d{1,20})[ \t\n]*$/;

/** A file of /proc/sys: an integer. EINVAL for anything else and beyond its bounds; nothing is taken behind the start. */
export class SysctlFile extends FileNode {
  readonly type = S_IFREG;
  readonly #sysctl: Sysctl;

  constructor(parent: Directory, name: string, sysctl: Sysctl) {
    super(parent.tree, parent, name, sysctl.mode);
    this.#sysctl = sysctl;
  }

  open(_flags: number, caller: Caller): Result<OpenFile> {
    return new OpenSysctl(this.#sysctl, caller);
  }
}

class OpenSysctl extends OpenSeqFile {
  readonly #sysctl: Sysctl;
  readonly #opener: Caller;

  constructor(sysctl: Sysctl, opener: Caller) {
    super(() => `${sysctl.get()}\n`);
    this.#sysctl = sysctl;
    this.#opener = opener;
  }

  override write(offset: number, data: Uint8Array): Result<number> {
    const { set, setLong, min = 0, max = INT_MAX, privileged } = this.#sysctl;
    if (!set && !setLong) return refusal(EACCES, 'the value cannot be written');
    if (privileged && this.#opener.uid !== 0) return refusal(EPERM, 'root alone may write this');
    if (offset > 0 || data.length === 0) return data.length;
    const match = NUMBER.exec(Buffer.from(data).toString('latin1').replace(/\0.*$/s, ''));
    if (!match) return refusal(EINVAL, 'one integer is expected');
    const magnitude = BigInt(match[2]!);
    if (magnitude > ULONG_MAX || (setLong && match[1]))
      return refusal(EINVAL, `${match[1]}${magnitude} is no unsigned long`);
    if (setLong) {
      setLong.call(this.#sysctl, magnitude);
      return data.length;
    }
    const value = Number(magnitude) * (match[1] ? -1 : 1);
    if (value < min || value > max) return refusal(EINVAL, `${value} is not between ${min} and ${max}`);
    const refused = set?.call(this.#sysctl, value, this.#opener);
    return isErrno(refused) ? refused : data.length;
  }
}

/** register_sysctl: the files of a table in `/proc/sys/PATH`. */
export function registerSysctl(proc: Directory, path: string, table: Readonly<Record<string, Sysctl>>): void {
  let directory = proc;
  for (const name of ['sys', ...path.split('/')]) {
    const child = directory.child(name);
    directory = child && 'addDirectory' in child ? (child as Directory) : directory.addDirectory(name);
  }
  for (const [name, sysctl] of Object.entries(table)) directory.add(new SysctlFile(directory, name, sysctl));
}

/** A value that nothing here acts on, kept as it was written. */
export function keptSysctl(initial: number, max = INT_MAX, min = 0): Sysctl {
  let value = initial;
  return {
    mode: 0o644,
    min,
    max,
    get: () => value,
    set: written => {
      value = written;
      return undefined;
    },
  };
}
