/** One line of a transcript: an operation, and what a real kernel answered. The README of the recordings defines the fields. */
export interface Step {
  readonly seq: number;
  readonly op: string;
  readonly uid: number;
  readonly result?: string;
  /** The system call that failed, or the last one: open, read, write, … */
  readonly stage?: string;
  readonly n?: number;
  readonly path?: string;
  /** The name of a descriptor held over several steps. */
  readonly fd?: string;
  readonly flags?: string;
  readonly offset?: number;
  readonly whence?: number;
  readonly len?: number;
  readonly bufsize?: number;
  /** chmod(2): octal text; access(2): R_OK, W_OK and X_OK bits. */
  readonly mode?: string | number;
  readonly name?: string;
  readonly target?: string;
  readonly to?: string;
  readonly prot?: string;
  readonly mflags?: string;
  readonly data_b64?: string;
  readonly data2_b64?: string;
  readonly cmd?: string;
  readonly exit?: number;
  readonly stdout?: string;
  readonly text?: string;
  readonly dmesg?: readonly LogLine[];
  readonly uevents?: readonly (readonly string[])[];
  readonly changes?: readonly string[];
  /** Answers that only some operations have: bytes_b64, reads, entries, st, revents, first, … */
  readonly [answer: string]: unknown;
}

export interface LogLine {
  readonly prio: number;
  readonly text: string;
  readonly dict?: readonly string[];
}

/** What an operation answered now, in the words of the transcript. */
export interface Observation {
  result: string;
  stage: string;
  n: number;
  [answer: string]: unknown;
}
