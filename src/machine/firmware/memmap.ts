import { type BootParameter, lastValue, memparse } from '../cmdline.ts';
import { E820_ACPI, E820_PRAM, E820_RAM, E820_RESERVED, E820_SOFT_RESERVED } from './e820.ts';

/** A change of the memory map that the command line asks for, in the order given. e820 types are numbers here. */
export type MemoryMapChange =
  | { readonly kind: 'exactmap' }
  | { readonly kind: 'add'; readonly start: bigint; readonly size: bigint; readonly type: number }
  /** `from` undefined: of any type. */
  | {
      readonly kind: 'remove';
      readonly start: bigint;
      readonly size: bigint;
      readonly from: number | undefined;
    }
  | {
      readonly kind: 'update';
      readonly start: bigint;
      readonly size: bigint;
      readonly from: number;
      readonly to: number;
    };

const ADDRESS_SPACE = (1n << 64n) - 1n;

const TYPE_OF_MARK: Readonly<Record<string, number>> = {
  '@': E820_RAM,
  '#': E820_ACPI,
  $: E820_RESERVED,
  '!': E820_PRAM,
};

/** The changes that a parameter of the command line makes. Words that the kernel would refuse change nothing. */
const READERS: Readonly<Record<string, (value: string) => readonly MemoryMapChange[]>> = {
  mem: limitMemory,
  memmap: value => value.split(',').flatMap(parseMemmap),
};

/**
 * The changes that `mem=` and `memmap=` words make, in order, and after them `efi_fake_mem=`, which the kernel looks at when
 * it reads the EFI memory map.
 *
 * @param efiFakeMem the kernel knows `efi_fake_mem=` and its attribute for specific purpose memory
 */
export function memoryMapChanges(
  parameters: readonly BootParameter[],
  { efiFakeMem }: { readonly efiFakeMem: boolean },
): readonly MemoryMapChange[] {
  const changes = parameters.flatMap(({ name, value }) =>
    value !== undefined && Object.hasOwn(READERS, name) ? READERS[name]!(value) : [],
  );
  const fake = efiFakeMem ? lastValue(parameters, 'efi_fake_mem') : undefined;
  return [...changes, ...(fake === undefined ? [] : fakeAttributes(fake))];
}

/** EFI_MEMORY_SP */
const SPECIFIC_PURPOSE = 0x40000n;

/**
 * setup_fake_mem: `SIZE@START:ATTRIBUTES,...`. RAM with the attribute for specific purpose memory becomes soft reserved; other
 * attributes are of no matter to the memory map. What follows a word that is none is not read.
 */
function fakeAttributes(text: string): readonly MemoryMapChange[] {
  const changes: MemoryMapChange[] = [];
  for (const word of text.split(',')) {
    const [span = '', attributes = '', ...more] = word.split(':');
    const [size, start] = span.split('@').map(part => memparse(part));
    const bits = memparse(attributes);
    if (!size || !start || !bits || more.length > 0) break;
    if ((bits.value & SPECIFIC_PURPOSE) === 0n) continue;
    changes.push({
      kind: 'update',
      start: start.value,
      size: size.value,
      from: E820_RAM,
      to: E820_SOFT_RESERVED,
    });
  }
  return changes;
}

/** arch/x86/kernel/e820.c parse_memopt. */
function limitMemory(text: string): readonly MemoryMapChange[] {
  const limit = memparse(text)?.value;
  return limit ? [{ kind: 'remove', start: limit, size: ADDRESS_SPACE - limit, from: E820_RAM }] : [];
}

/** parse_memmap_one: `exactmap`, `SIZE`, `SIZE@START`, `#`, `$`, `!`, or `SIZE%START[-OLD][+NEW]`. */
function parseMemmap(text: string): readonly MemoryMapChange[] {
  if (text.startsWith('exactmap')) return [{ kind: 'exactmap' }];
  const size = memparse(text);
  if (!size) return [];
  const mark = size.rest[0];
  if (mark === undefined) return limitMemory(text);
  const start = memparse(size.rest.slice(1)) ?? { value: 0n, rest: size.rest.slice(1) };
  const span = { start: start.value, size: size.value };
  const type = TYPE_OF_MARK[mark];
  if (type !== undefined) return [{ kind: 'add', ...span, type }];
  return mark === '%' ? retype(span, start.rest) : [];
}

function retype(span: { start: bigint; size: bigint }, text: string): readonly MemoryMapChange[] {
  const match = /^(?:-(\w+))?(?:\+(\w+))?$/.exec(text);
  if (!match) return [];
  const [from = 0, to = 0] = [match[1], match[2]].map(digits =>
    Number(digits ? (memparse(digits)?.value ?? 0n) : 0n),
  );
  if (from && to) return [{ kind: 'update', ...span, from, to }];
  if (to) return [{ kind: 'add', ...span, type: to }];
  return [{ kind: 'remove', ...span, from: from || undefined }];
}
