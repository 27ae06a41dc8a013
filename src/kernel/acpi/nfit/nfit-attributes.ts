import { group, ro, rw } from '../../fs/attribute.ts';
import { EINVAL, type Errno, isErrno } from '../../lib/errno.ts';
import { dec, hex, hexPad } from '../../lib/format.ts';
import { kstrtoll } from '../../lib/kstrtox.ts';
import type { DimmHardware } from '../../nvdimm/dimm-hardware.ts';
import type { AddressRangeScrub } from './scrub.ts';

/** What ndbusK/nfit shows. */
export interface NfitBus {
  readonly scrub: AddressRangeScrub | undefined;
  /** A machine check starts a scrub of everything. */
  hwErrorScrub: boolean;
}

export const nfitBusAttributes = group<NfitBus>(
  {
    dsm_mask: ro(() => '0x0\n', { stable: true }),
    hw_error_scrub: rw(bus => dec(Number(bus.hwErrorScrub)), setHwErrorScrub, { stable: true }),
    revision: ro(() => dec(1), { stable: true }),
    scrub: rw(
      bus => bus.scrub!.show(),
      (bus, text) => bus.scrub!.store(text),
    ),
  },
  { visible: (bus, name, mode) => (name === 'scrub' && !bus.scrub ? 0 : mode) },
);

/** hw_error_scrub_store: 0 or 1, else EINVAL. */
function setHwErrorScrub(bus: NfitBus, text: string): Errno | undefined {
  const value = kstrtoll(text);
  if (isErrno(value)) return value;
  if (value !== 0n && value !== 1n) return EINVAL;
  bus.hwErrorScrub = value === 1n;
  return undefined;
}

export const VENDOR = 0x8086;

/** The identifiers of the NFIT are big endian. */
function swap16(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}

function swap32(value: number): number {
  return ((swap16(value & 0xffff) << 16) | swap16(value >>> 16)) >>> 0;
}

const hex16 = (value: number): string => `0x${hexPad(value, 4)}\n`;

/** nmemD/nfit: acpi_nfit_dimm_attributes, as the emulated board fills them in. */
export const nfitDimmAttributes = group<DimmHardware>(
  {
    device: ro(() => hex16(0x0100)),
    dsm_mask: ro(dimm => (dimm.labels ? '0x70\n' : '0x0\n')),
    family: ro(() => dec(0)),
    flags: ro(() => '\n'),
    format: ro(() => hex16(0x0301)),
    formats: ro(() => dec(1)),
    handle: ro(dimm => hex(dimm.handle)),
    id: ro(dimm => `${hexPad(swap16(VENDOR), 4)}-${hexPad(swap32(dimm.serial), 8)}\n`),
    phys_id: ro(() => '0x0\n'),
    rev_id: ro(() => hex16(0x0100)),
    serial: ro(dimm => `0x${hexPad(swap32(dimm.serial), 8)}\n`),
    subsystem_device: ro(() => hex16(0)),
    subsystem_rev_id: ro(() => hex16(0)),
    subsystem_vendor: ro(() => hex16(0)),
    vendor: ro(() => hex16(swap16(VENDOR))),
  },
  { stable: true },
);

/** regionN/nfit */
export const nfitRegionAttributes = group<{ readonly rangeIndex: number }>(
  { range_index: ro(range => dec(range.rangeIndex)) },
  { stable: true },
);
