import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import type { Uevent } from '../../src/kernel/base/uevent.ts';
import { libc } from '../system-calls.ts';

const CLONE_NEWNET = 0x40000000;
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_KOBJECT_UEVENT = 15;

const HEADER_BYTES = 16;
const NLMSG_MIN_TYPE = 0x10;
const NLM_F_REQUEST = 1;

/** An event as a message to the kernel, which adds a SEQNUM of the name space and broadcasts it as its own. */
export function ueventMessage({ action, devpath, env }: Uevent): Buffer {
  const keys = env.filter(key => !key.startsWith('SEQNUM='));
  const payload = Buffer.from(`${[`${action}@${devpath}`, ...keys].join('\0')}\0`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + payload.length, 0);
  header.writeUInt16LE(NLMSG_MIN_TYPE, 4);
  header.writeUInt16LE(NLM_F_REQUEST, 6);
  return Buffer.concat([header, payload]);
}

/** Makes the kernel broadcast uevents in one private network name space. */
export class UeventSocket {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Opens a socket in the network name space of a process. The calling thread moves there for good: without privilege it
   * would not be let back.
   * @throws when it is our own name space, whose udevd would believe what we say, or may not be entered.
   */
  static inNamespaceOf(pid: number): UeventSocket {
    const theirs = openSync(`/proc/${pid}/ns/net`, 'r');
    try {
      if (fstatSync(theirs).ino === statSync('/proc/self/ns/net').ino)
        throw new Error('not a private network name space');
      const { setns, socket } = libc();
      check('setns', setns(theirs, CLONE_NEWNET));
      const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
      return new UeventSocket(check('socket', fd));
    } finally {
      closeSync(theirs);
    }
  }

  broadcast(event: Uevent): void {
    const message = ueventMessage(event);
    check('send', libc().send(this.#fd, message, message.length, 0));
  }
}

function check(call: string, result: number): number {
  if (result < 0) throw new Error(`${call} failed with errno ${libc().errno()}`);
  return result;
}
