import { type BootParameter, memparse } from '../cmdline.ts';
import { E820_ACPI, E820_PRAM, E820_RAM, E820_RESERVED } from './e820.ts';

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

/** The changes that `mem=` and `memmap=` words make, in order. Words that the kernel would refuse change nothing. */
export function memoryMapChanges(parameters: readonly BootParameter[]): readonly MemoryMapChange[] {
  return parameters.flatMap(({ name, value }) => {
    if (value === undefined) return [];
    if (name === 'mem') return limitMemory(value);
    return name === 'memmap' ? value.split(',').flatMap(parseMemmap) : [];
  });
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
