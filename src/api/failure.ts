/** Something that a person can mend: printed as one line, without a stack. */
export class Failure extends Error {
  readonly status: number;

  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** The command line itself is wrong. */
export const USAGE_STATUS = 2;
