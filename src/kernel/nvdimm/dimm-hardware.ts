import { LabelArea, type LabelVersion } from './label-area.ts';
import { DimmSecurity, type SecurityState } from './security.ts';

/** The serial number that the first slot's DIMM reports; the next ones count on. */
const FIRST_SERIAL = 0x123456;

/** What ndctl writes when it is not told. */
const DEFAULT_LABEL_VERSION: LabelVersion = '1.1';

export interface DimmFacts {
  readonly sizeBytes: bigint;
  /** 0: the DIMM holds no labels. */
  readonly labelBytes: bigint;
  /** Somebody has initialized the labels. */
  readonly labelsInitialized?: boolean;
}

/** A DIMM as it sticks in its socket: what outlives drivers. */
export class DimmHardware {
  /** Place on the board, from 0. */
  readonly slot: number;
  /** Bytes. */
  readonly size: bigint;
  readonly labels: LabelArea | undefined;
  readonly security: DimmSecurity | undefined;

  constructor(
    slot: number,
    facts: DimmFacts,
    security?: {
      readonly state: SecurityState;
      readonly frozen?: boolean;
      readonly keys?: readonly number[];
    },
  ) {
    this.slot = slot;
    this.size = facts.sizeBytes;
    this.labels = facts.labelBytes > 0n ? new LabelArea(Number(facts.labelBytes)) : undefined;
    if (facts.labelsInitialized) this.labels?.init(DEFAULT_LABEL_VERSION);
    this.security =
      security && new DimmSecurity(security.state, security.frozen ?? false, security.keys ?? []);
  }

  /** The NFIT device handle. */
  get handle(): number {
    return this.slot + 1;
  }

  get serial(): number {
    return FIRST_SERIAL + this.slot;
  }

  /** The SPA range index that the emulated board gives to a DIMM's range. */
  get rangeIndex(): number {
    return this.handle * 2;
  }
}
