/** A growing list of records that can be followed: the kernel log, the uevents. */
export interface RecordLog<T> {
  /** Sequence number of the oldest record kept. */
  readonly first: number;
  /** Sequence number that the next record will get. */
  readonly next: number;
  /** The record, or undefined when it was dropped or is not there yet. */
  at(sequence: number): T | undefined;
  subscribe(listener: () => void): () => void;
}
