import { PENDING } from '../../src/kernel/fs/file-system.ts';
import { EINTR } from '../../src/kernel/lib/errno.ts';
import type { Connection, OpenedFile } from './connection.ts';

interface WaitingRead {
  readonly unique: number;
  readonly opened: OpenedFile;
  readonly offset: number;
  readonly length: number;
  readonly stopListening: () => void;
  woken: boolean;
}

/** Reads that have nothing to say yet: answered after something wakes them, or when their caller gives up. */
export class WaitingReads {
  readonly #connection: Connection;
  readonly #reads = new Map<number, WaitingRead>();
  #anyWoken = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  add(unique: number, opened: OpenedFile, offset: number, length: number): void {
    const stopListening = opened.file.onWake(() => {
      read.woken = true;
      this.#anyWoken = true;
    });
    const read: WaitingRead = { unique, opened, offset, length, stopListening, woken: false };
    this.#reads.set(unique, read);
  }

  /** Asks the woken ones again, in the order of their arrival. Called between requests. */
  retry(): void {
    if (!this.#anyWoken) return;
    this.#anyWoken = false;
    for (const read of this.#reads.values()) {
      if (!read.woken) continue;
      read.woken = false;
      const bytes = read.opened.file.read(read.offset, read.length);
      if (bytes === PENDING) continue;
      this.#remove(read);
      if (bytes instanceof Uint8Array) read.opened.position = read.offset + bytes.length;
      this.#connection.answerLater(read.unique, bytes);
    }
  }

  /** A signal for the caller of a read; one that was answered already is left alone. */
  interrupt(unique: number): void {
    const read = this.#reads.get(unique);
    if (!read) return;
    this.#remove(read);
    this.#connection.answerLater(unique, EINTR);
  }

  #remove(read: WaitingRead): void {
    read.stopListening();
    this.#reads.delete(read.unique);
  }
}
