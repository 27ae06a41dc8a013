import { type Attribute, group, ro } from '../fs/attribute.ts';
import type { ChildSource } from '../fs/directory.ts';
import { dec, hex } from '../lib/format.ts';
import { type Range, rangeLength } from '../lib/range.ts';
import { CXL_DEVICE_NONE, CxlDevice } from './bus.ts';
import type { CxlPort } from './port.ts';
import type { CxlRegion } from './region.ts';

/** `{ .start = 0, .end = -1 }` */
export const NO_HPA: Range = { start: 0n, end: -1n };

/** drivers/cxl/cxl.h `struct cxl_decoder`: decoderP.N, the Nth decoder of port P. */
export abstract class CxlDecoder extends CxlDevice {
  readonly id = CXL_DEVICE_NONE;
  readonly port: CxlPort;
  /** The N of the name. */
  readonly index: number;
  /** What the decoder maps. */
  hpa: Range = NO_HPA;
  ways = 1;
  /** Bytes. */
  granularity = 256;
  /** CXL_DECODER_F_ENABLE: committed. */
  enabled = false;

  constructor(port: CxlPort, index: number) {
    super(port.cxlBus, `decoder${port.portId}.${index}`, port);
    this.port = port;
    this.index = index;
  }

  override groups(): ChildSource[] {
    return [...super.groups(), decoderAttributes.of(this)];
  }
}

const decoderAttributes = group<CxlDecoder>({
  start: ro(decoder => hex(decoder.hpa.start), { mode: 0o400 }),
  size: ro(decoder => hex(rangeLength(decoder.hpa))),
  locked: ro(() => '0\n'),
  interleave_granularity: ro(decoder => dec(decoder.granularity)),
  interleave_ways: ro(decoder => dec(decoder.ways)),
});

/** Attributes of the decoders below the root, which regions use. */
export const regionUser: Readonly<Record<string, Attribute<{ readonly region: CxlRegion | undefined }>>> = {
  region: ro(({ region }) => `${region?.name ?? ''}\n`),
  target_type: ro(() => 'expander\n'),
};

/** `struct cxl_switch_decoder` of a host bridge: routes a region to the ports below. */
export class SwitchDecoder extends CxlDecoder {
  override get devtype(): string {
    return 'cxl_decoder_switch';
  }

  region: CxlRegion | undefined;
  /** Ids of downstream ports, in interleave order. Registers that nobody wrote say 0; a reset leaves them. */
  targets: readonly number[] = this.port.dports.some(({ id }) => id === 0) ? [0] : [];

  override groups(): ChildSource[] {
    return [...super.groups(), switchAttributes.of(this)];
  }

  reset(): void {
    this.hpa = NO_HPA;
    this.enabled = false;
  }
}

const switchAttributes = group<SwitchDecoder>({
  ...regionUser,
  target_list: ro(decoder => `${decoder.targets.join(',')}\n`),
});
