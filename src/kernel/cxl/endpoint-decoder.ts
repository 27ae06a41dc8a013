import { group, parsed, ro, rw } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import { EBUSY, EINVAL, ENOSPC, ENXIO, type Errno, refusal } from '../lib/errno.ts';
import { byteCount, hex } from '../lib/format.ts';
import { kstrtoull, sysfsStreq } from '../lib/kstrtox.ts';
import { CxlDecoder, NO_HPA, regionUser } from './decoder.ts';
import { SZ_256M } from './interleave.ts';
import type { CxlMemdev } from './memdev.ts';
import type { CxlPort } from './port.ts';
import type { CxlRegion } from './region.ts';

const NO_DPA = (1n << 64n) - 1n;

/** A piece of the capacity of a memory device. */
export interface DpaRange {
  readonly start: bigint;
  /** Bytes. */
  readonly size: bigint;
}

/** `struct cxl_endpoint_decoder`: a part of a memory device's capacity, at a position of a region. */
export class EndpointDecoder extends CxlDecoder {
  override get devtype(): string {
    return 'cxl_decoder_endpoint';
  }

  readonly memdev: CxlMemdev;
  mode: 'none' | 'ram' = 'none';
  dpa: DpaRange | undefined;
  region: CxlRegion | undefined;
  /** In the region's interleave; −1 outside of one. */
  position = -1;

  constructor(port: CxlPort, index: number, memdev: CxlMemdev) {
    super(port, index);
    this.memdev = memdev;
  }

  override groups(): ChildSource[] {
    return [...super.groups(), endpointAttributes.of(this)];
  }

  /** cxl_dpa_set_mode: EBUSY while committed, ENXIO for a partition that the device does not have. */
  setMode(mode: 'ram' | 'pmem'): Errno | undefined {
    if (this.enabled) return refusal(EBUSY, `${this.name} is committed`);
    if (mode === 'pmem' || this.memdev.ramBytes === 0n)
      return refusal(ENXIO, `${this.memdev.name} has no ${mode} partition`);
    this.mode = mode;
    return undefined;
  }

  /** dpa_size_store: frees what there is, then allocates. EINVAL unaligned, EBUSY in use or out of order, ENOSPC. */
  setDpaSize(size: bigint): Errno | undefined {
    if (size % SZ_256M !== 0n) return refusal(EINVAL, `size ${size} is no multiple of 256 MiB`);
    return this.#freeDpa() ?? (size === 0n ? undefined : this.allocateDpa(size));
  }

  /** cxl_dpa_alloc: decoders of a device are used in order. */
  allocateDpa(size: bigint): Errno | undefined {
    const { memdev, index } = this;
    if (this.region || this.enabled) return this.#inUse();
    if (this.mode === 'none') return refusal(EINVAL, `${this.name} has no mode yet`);
    const start = memdev.allocations.reduce((end, { dpa }) => end + (dpa?.size ?? 0n), 0n);
    if (size > memdev.ramBytes - start)
      return refusal(ENOSPC, `${byteCount(memdev.ramBytes - start)} of ${memdev.name} are free`);
    if (memdev.allocations.length !== index)
      return refusal(
        EBUSY,
        `the decoders of ${memdev.name} are used in order: number ${memdev.allocations.length} is next`,
      );
    this.dpa = { start, size };
    memdev.allocations.push(this);
    return undefined;
  }

  #inUse(): Errno {
    return refusal(
      EBUSY,
      this.region ? `${this.name} is part of ${this.region.name}` : `${this.name} is committed`,
    );
  }

  /** cxl_dpa_free: the last decoder first. */
  #freeDpa(): Errno | undefined {
    if (!this.dpa) return undefined;
    const { allocations } = this.memdev;
    if (this.region || this.enabled) return this.#inUse();
    if (allocations.at(-1) !== this)
      return refusal(EBUSY, `${allocations.at(-1)?.name} was allocated later, and is freed first`);
    allocations.pop();
    this.dpa = undefined;
    return undefined;
  }

  /** cxl_decoder_kill_region, then the capacity is free. The last decoder goes first. */
  protected override released(): void {
    this.region?.detachAt(this.position);
    this.#freeDpa();
  }

  reset(): void {
    this.hpa = NO_HPA;
    this.enabled = false;
  }
}

const endpointAttributes = group<EndpointDecoder>({
  ...regionUser,
  mode: rw(
    decoder => `${decoder.mode}\n`,
    (decoder, text) => {
      const mode = (['pmem', 'ram'] as const).find(known => sysfsStreq(text, known));
      return mode ? decoder.setMode(mode) : refusal(EINVAL, 'a mode is ram or pmem');
    },
  ),
  dpa_resource: ro(decoder => hex(decoder.dpa?.start ?? NO_DPA)),
  dpa_size: rw(
    decoder => hex(decoder.dpa?.size ?? 0n),
    parsed(kstrtoull, (decoder, size) => decoder.setDpaSize(size)),
  ),
});
