import { roundUp } from '../../kernel/lib/bigint.ts';
import {
  createIomem,
  flagBits,
  IORES_DESC_ACPI_NV_STORAGE,
  IORES_DESC_ACPI_TABLES,
  IORES_DESC_NONE,
  IORES_DESC_PERSISTENT_MEMORY,
  IORES_DESC_PERSISTENT_MEMORY_LEGACY,
  IORES_DESC_RESERVED,
  IORES_DESC_SOFT_RESERVED,
  IORESOURCE_BUSY,
  IORESOURCE_MEM,
  IORESOURCE_SYSTEM_RAM,
  insertExpandToFit,
  insertResource,
  Resource,
  requestResource,
} from '../../kernel/resource/resource.ts';
import type { E820Entry, E820Type, FirmwareFacts } from './facts.ts';

interface Kind {
  readonly name: string;
  readonly desc: number;
  readonly flags: number;
  /** do_mark_busy: claimed at once, or left open for a driver and inserted late. */
  readonly busy: boolean;
}

const mem = (name: string, desc: number, busy: boolean): Kind => ({
  name,
  desc,
  busy,
  flags: IORESOURCE_MEM,
});

const KINDS: Readonly<Record<E820Type, Kind>> = {
  usable: { name: 'System RAM', desc: IORES_DESC_NONE, busy: true, flags: IORESOURCE_SYSTEM_RAM },
  reserved: mem('Reserved', IORES_DESC_RESERVED, false),
  'ACPI data': mem('ACPI Tables', IORES_DESC_ACPI_TABLES, true),
  'ACPI NVS': mem('ACPI Non-volatile Storage', IORES_DESC_ACPI_NV_STORAGE, true),
  unusable: mem('Unusable memory', IORES_DESC_NONE, true),
  'persistent (type 7)': mem('Persistent Memory', IORES_DESC_PERSISTENT_MEMORY, false),
  'persistent (type 12)': mem('Persistent Memory (legacy)', IORES_DESC_PERSISTENT_MEMORY_LEGACY, false),
  'soft reserved': mem('Soft Reserved', IORES_DESC_SOFT_RESERVED, false),
};

/** e820_type_to_string */
export function e820TypeName(type: E820Type): string {
  return KINDS[type].name;
}

const BIOS_END = 1n << 20n;

/** Resource trees that early boot leaves. */
export interface BootResources {
  /** /proc/iomem, without the devices of the board. */
  readonly iomem: Resource;
  /** Where soft reserved ranges are: in /proc/iomem, or in a tree of their own (soft_reserve_resource). */
  readonly softReserved: Resource;
}

/** arch/x86/kernel/e820.c: e820__reserve_resources and e820__reserve_resources_late. */
export function bootResources(
  { e820: all }: Pick<FirmwareFacts, 'e820'>,
  softReservedApart: boolean,
): BootResources {
  const iomem = createIomem();
  const isApart = ({ type }: E820Entry) => softReservedApart && type === 'soft reserved';
  const softReserved = softReservedApart ? createIomem() : iomem;
  for (const entry of all.filter(isApart))
    insertResource(softReserved, resourceOf(entry, KINDS[entry.type].flags));
  const e820 = all.filter(entry => !isApart(entry));
  const [early, late] = [e820.filter(isBusy), e820.filter(entry => !isBusy(entry))];
  for (const entry of early) {
    const { flags } = KINDS[entry.type];
    insertResource(iomem, resourceOf(entry, flagBits(flags, IORESOURCE_BUSY)));
  }
  for (const entry of late) insertExpandToFit(iomem, resourceOf(entry, KINDS[entry.type].flags));
  for (const entry of e820) if (entry.type === 'usable') reserveBuffer(iomem, entry.end + 1n);
  return { iomem, softReserved };
}

function isBusy({ start, type }: E820Entry): boolean {
  return start < BIOS_END || KINDS[type].busy;
}

function resourceOf({ start, end, type }: E820Entry, flags: number): Resource {
  const { name, desc } = KINDS[type];
  return new Resource({ start, end, name, desc, flags });
}

/** ram_alignment: chipsets steal memory up to such a boundary. */
function bufferAlignment(address: bigint): bigint {
  const mebibytes = address >> 20n;
  if (mebibytes === 0n) return 64n << 10n;
  return mebibytes < 16n ? 1n << 20n : 64n << 20n;
}

/** e820__reserve_resources_late: what is free between the end of RAM and the next boundary is `RAM buffer`. */
function reserveBuffer(iomem: Resource, start: bigint): void {
  const alignment = bufferAlignment(start);
  const past = roundUp(start, alignment);
  const buffer = (from: bigint, to: bigint): void => {
    if (from >= to) return;
    const flags = flagBits(IORESOURCE_MEM, IORESOURCE_BUSY);
    requestResource(iomem, new Resource({ start: from, end: to - 1n, name: 'RAM buffer', flags }));
  };
  let from = start;
  for (const { start: next, end } of [...iomem.children]) {
    if (end < from || next >= past) continue;
    buffer(from, next);
    from = end + 1n;
  }
  buffer(from, past);
}
