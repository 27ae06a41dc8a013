import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hasSysAdmin } from '../capability.ts';

/** The processes that requests come from. FUSE tells their pids in the pid name space in which it was mounted. */
export class Clients {
  readonly #nameSpace: string | undefined;

  /** @param parent a process whose children are in the pid name space of the mount; left out when that is ours */
  constructor(parent?: number) {
    this.#nameSpace = parent === undefined ? undefined : readlinkSync(`/proc/${parent}/ns/pid_for_children`);
  }

  /** The name of a process; empty when it is gone, or not seen from here. */
  comm(pid: number): string {
    try {
      return readFileSync(`/proc/${this.#ours(pid)}/comm`, 'utf8').trimEnd();
    } catch {
      return '';
    }
  }

  /** Whether a process has CAP_SYS_ADMIN. One that is gone, or not seen from here, is taken at its uid. */
  hasSysAdmin(pid: number): boolean {
    try {
      return hasSysAdmin(this.#ours(pid));
    } catch {
      return true;
    }
  }

  /** The pid in our /proc. The other name space's own may be covered by the mount that we serve, and is left alone. */
  #ours(pid: number): number {
    if (this.#nameSpace === undefined) return pid;
    const found = readdirSync('/proc').find(name => /^\d+$/.test(name) && this.#is(name, pid));
    if (found === undefined) throw new RangeError(`no process ${pid}`);
    return Number(found);
  }

  #is(ours: string, pid: number): boolean {
    try {
      if (readlinkSync(`/proc/${ours}/ns/pid`) !== this.#nameSpace) return false;
      const status = readFileSync(`/proc/${ours}/status`, 'utf8');
      return /^NSpid:.*\s(\d+)$/m.exec(status)?.[1] === String(pid);
    } catch {
      return false; // It just ended.
    }
  }
}
