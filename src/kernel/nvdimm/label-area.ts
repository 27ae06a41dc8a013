import type { Uuid } from './uuid.ts';

export type LabelVersion = '1.1' | '1.2';

/** What one label tells of a namespace's part on one DIMM. Addresses are DIMM-physical, sizes in bytes. */
export interface NamespaceLabel {
  readonly uuid: Uuid;
  readonly altName: string;
  readonly dpa: bigint;
  readonly size: bigint;
  /** Sector size, 0 when not chosen. */
  readonly sectorSize: number;
  /** Kept by version 1.2 only. */
  readonly holderClass: string;
  /** The interleave set that the label belongs to. */
  readonly setCookie: bigint;
}

const LABEL_BYTES: Readonly<Record<LabelVersion, number>> = { '1.1': 128, '1.2': 256 };
const INDEX_ALIGN = 256;
const INDEX_HEADER = 72;

/** drivers/nvdimm/label.c: the label storage of a DIMM, two index blocks and slots after them. */
export class LabelArea {
  /** Undefined until somebody initialised the labels. */
  version: LabelVersion | undefined;
  readonly #bytes: number;
  readonly #labels = new Map<Uuid, NamespaceLabel>();

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** nvdimm_num_label_slots; without valid labels the larger size is assumed. */
  get slots(): number {
    const label = LABEL_BYTES[this.version ?? '1.2'];
    const index = INDEX_HEADER + Math.ceil(Math.floor(this.#bytes / label) / 8);
    const blocks = 2 * Math.ceil(index / INDEX_ALIGN) * INDEX_ALIGN;
    return Math.floor((this.#bytes - blocks) / label);
  }

  /** nd_label_nfree */
  get freeSlots(): number {
    return this.slots - this.#labels.size;
  }

  get labels(): readonly NamespaceLabel[] {
    return [...this.#labels.values()];
  }

  /** What `ndctl init-labels` leaves behind: an empty, valid area. */
  init(version: LabelVersion): void {
    this.version = version;
    this.#labels.clear();
  }

  /** `ndctl zero-labels` */
  zero(): void {
    this.version = undefined;
    this.#labels.clear();
  }

  put(label: NamespaceLabel): void {
    this.#labels.set(label.uuid, this.version === '1.1' ? { ...label, holderClass: '' } : label);
  }

  delete(uuid: Uuid): void {
    this.#labels.delete(uuid);
  }
}
