import type { Connection, OpenedFile } from './connection.ts';
import { FUSE_NOTIFY_POLL, NotifyPollWakeupOut } from './protocol.ts';

interface Poller {
  readonly kernelHandle: number;
  readonly stopListening: () => void;
}

/** Open files that somebody polls, and the kernel's names for the sleepers. */
export class PollTable {
  readonly #connection: Connection;
  readonly #pollers = new Map<OpenedFile, Poller>();
  readonly #woken = new Set<number>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** From now on, a wake-up of the file wakes this sleeper. */
  watch(opened: OpenedFile, kernelHandle: number): void {
    if (this.#pollers.has(opened)) return;
    const stopListening = opened.file.onWake(() => this.#woken.add(kernelHandle));
    this.#pollers.set(opened, { kernelHandle, stopListening });
  }

  release(opened: OpenedFile): void {
    const poller = this.#pollers.get(opened);
    if (!poller) return;
    poller.stopListening();
    this.#woken.delete(poller.kernelHandle);
    this.#pollers.delete(opened);
  }

  /** Wakes the sleepers, who then poll again. Called between requests. */
  notify(): void {
    if (this.#woken.size === 0) return;
    for (const handle of this.#woken) {
      this.#connection.notify(FUSE_NOTIFY_POLL, NotifyPollWakeupOut.bytes, message =>
        message.u64(NotifyPollWakeupOut.at.kh, handle),
      );
    }
    this.#woken.clear();
  }
}
