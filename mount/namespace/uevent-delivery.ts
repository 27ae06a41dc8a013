import type { Uevent } from '../../src/kernel/base/uevent.ts';
import type { RecordLog } from '../../src/kernel/fs/record-log.ts';
import type { FileSystemHost } from '../transport.ts';
import { UeventSocket } from './uevent-socket.ts';

/** Tells uevents to the network name space of a process. */
export class UeventDelivery {
  readonly #listenerPid: Int32Array;
  readonly #onBug: FileSystemHost['onBug'];
  #socket: UeventSocket | undefined;
  #broken = false;

  /** @param listenerPid shared memory with the pid of the process; 0 while nobody listens */
  constructor(listenerPid: Int32Array, onBug: FileSystemHost['onBug']) {
    this.#listenerPid = listenerPid;
    this.#onBug = onBug;
  }

  /** Each new event is told before the write that caused it returns, as by a real kernel: `udevadm settle` relies on it. */
  follow(uevents: RecordLog<Uevent>): void {
    let sequence = uevents.next;
    uevents.subscribe(() => {
      while (sequence < uevents.next) this.#deliver(uevents.at(sequence++)!);
    });
  }

  #deliver(event: Uevent): void {
    const pid = Atomics.load(this.#listenerPid, 0);
    if (pid === 0 || this.#broken) return;
    try {
      this.#socket ??= UeventSocket.inNamespaceOf(pid);
      this.#socket.broadcast(event);
    } catch (error) {
      this.#broken = true;
      this.#onBug(error, `uevent ${event.action}@${event.devpath}`);
    }
  }
}
