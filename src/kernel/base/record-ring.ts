import type { RecordLog } from '../fs/record-log.ts';

/** A bounded list of numbered records with subscribers: the shape of the printk ring and of the uevent queue. */
export class RecordRing<T> implements RecordLog<T> {
  readonly #capacity: number;
  readonly #subscribers = new Set<() => void>();
  #records: T[] = [];
  /** Records dropped from the front so far; `#records[0]` has this number. */
  #dropped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get first(): number {
    return Math.max(this.#dropped, this.next - this.#capacity);
  }

  get next(): number {
    return this.#dropped + this.#records.length;
  }

  at(sequence: number): T | undefined {
    return sequence < this.first ? undefined : this.#records[sequence - this.#dropped];
  }

  push(record: T): void {
    this.#records.push(record);
    if (this.#records.length >= 2 * this.#capacity) {
      this.#dropped += this.#records.length - this.#capacity;
      this.#records = this.#records.slice(-this.#capacity);
    }
    for (const wake of [...this.#subscribers]) wake();
  }

  subscribe(listener: () => void): () => void {
    this.#subscribers.add(listener);
    return () => this.#subscribers.delete(listener);
  }
}
