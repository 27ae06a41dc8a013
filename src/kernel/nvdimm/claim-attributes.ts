import { type Attribute, group, ro, rw } from '../fs/attribute.ts';
import { EINVAL, ENXIO, type Errno, isErrno, refusal } from '../lib/errno.ts';
import { dec, hex } from '../lib/format.ts';
import { kstrtoull } from '../lib/kstrtox.ts';
import { MAP_ALIGNMENTS } from '../lib/page.ts';
import type { NdBtt, NdClaim, NdPfn } from './claim.ts';
import { PFN_MODE_NONE, PFN_MODE_PMEM, PFN_MODE_RAM } from './info-block.ts';
import { selectShow } from './size-select.ts';
import { parseUuid } from './uuid.ts';

/** btt_lbasize_supported */
const BTT_SECTOR_SIZES = [512, 520, 528, 4096, 4104, 4160, 4224];
const namespace: Attribute<NdClaim> = rw(
  device => `${device.namespace?.name ?? ''}\n`,
  (device, text) => device.setNamespace(text),
);

const uuid: Attribute<NdClaim> = rw(
  device => `${device.uuid ?? ''}\n`,
  (device, text) => {
    if (device.driver) return device.bound();
    const parsed = parseUuid(text);
    if (isErrno(parsed)) return parsed;
    device.uuid = parsed;
    return undefined;
  },
);

export const bttAttributes = group<NdBtt>({
  log_zero_flags: ro(() => 'Y\n', { stable: true }),
  namespace,
  sector_size: rw(
    btt => selectShow(BTT_SECTOR_SIZES, btt.sectorSize),
    (btt, text) => {
      if (btt.driver) return btt.bound();
      const size = kstrtoull(text);
      if (isErrno(size)) return size;
      if (!BTT_SECTOR_SIZES.includes(Number(size)))
        return refusal(EINVAL, `sector size ${size} is none of ${BTT_SECTOR_SIZES.join(', ')}`);
      btt.sectorSize = Number(size);
      return undefined;
    },
  ),
  size: ro(btt => (btt.driver ? dec(btt.size) : refusal(ENXIO, 'no driver has the device'))),
  uuid,
});

const MODES = [
  { keyword: 'pmem', mode: PFN_MODE_PMEM },
  { keyword: 'ram', mode: PFN_MODE_RAM },
  { keyword: 'none', mode: PFN_MODE_NONE },
];

export const pfnAttributes = group<NdPfn>({
  align: rw(pfn => dec(pfn.align), setAlign),
  mode: rw(pfn => `${MODES.find(({ mode }) => mode === pfn.mode)!.keyword}\n`, setMode),
  namespace,
  resource: ro(
    pfn => {
      const block = pfn.driver && pfn.infoBlock;
      return block
        ? hex(pfn.namespace!.start + block.startPad + block.dataOffset)
        : refusal(ENXIO, 'no driver has the device');
    },
    { mode: 0o400 },
  ),
  size: ro(pfn => {
    const block = pfn.driver && pfn.infoBlock;
    if (!block) return refusal(ENXIO, 'no driver has the device');
    return dec(pfn.namespace!.size - block.startPad - block.endTruncation - block.dataOffset);
  }),
  supported_alignments: ro(() => `${MAP_ALIGNMENTS.map(align => `${align} `).join('')}\n`, { stable: true }),
  uuid,
});

/** align_store: EBUSY while bound, EINVAL for what is not supported. */
function setAlign(pfn: NdPfn, text: string): Errno | undefined {
  if (pfn.driver) return pfn.bound();
  const align = kstrtoull(text);
  if (isErrno(align)) return align;
  if (!MAP_ALIGNMENTS.includes(align))
    return refusal(EINVAL, `align ${align} is none of ${MAP_ALIGNMENTS.join(', ')}`);
  pfn.align = align;
  return undefined;
}

/** mode_store compares all but the last byte, which is meant to be a newline: `ra` is `ram`, one byte is `pmem`. */
function setMode(pfn: NdPfn, text: string): Errno | undefined {
  if (pfn.driver) return pfn.bound();
  const compared = text.slice(0, -1);
  const found = MODES.find(({ keyword }) => `${keyword}\n`.startsWith(compared) || compared === keyword);
  if (!found) return refusal(EINVAL, 'a mode is pmem, ram or none');
  pfn.mode = found.mode;
  return undefined;
}
