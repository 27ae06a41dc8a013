import type { ControlFileOperations } from '../../fs/control-file.ts';
import type { Caller } from '../../fs/file-system.ts';
import { EINVAL, type Errno, isErrno, type Result } from '../../lib/errno.ts';
import { hexPad, prefixedHex } from '../../lib/format.ts';
import { kstrtoull } from '../../lib/kstrtox.ts';
import { PAGE_SHIFT } from '../../lib/page.ts';
import type { SimulatedMapping, SimulatedMappings } from './device-mappings.ts';

type Command = (mappings: SimulatedMappings, words: readonly string[], caller: Caller) => Errno | undefined;

/** `mmap DEVICE LENGTH [OFFSET] [private] [ro]`: the flags may stand anywhere after the device. */
const mmap: Command = (mappings, [name = '', ...words], caller) => {
  const numbers = parse(words.filter(word => word !== 'private' && word !== 'ro'));
  if (isErrno(numbers) || numbers.length < 1 || numbers.length > 2) return EINVAL;
  const [length, offset = 0n] = numbers as [bigint, bigint?];
  const request = { length, offset, shared: !words.includes('private'), writable: !words.includes('ro') };
  const made = mappings.mmap(name, request, caller);
  return isErrno(made) ? made : undefined;
};

/** A command over numbers alone, between `least` and `most` of them. */
function numeric(
  least: number,
  most: number,
  run: (mappings: SimulatedMappings, numbers: readonly bigint[]) => Errno | undefined,
): Command {
  return (mappings, words) => {
    const numbers = parse(words);
    if (isErrno(numbers) || numbers.length < least || numbers.length > most) return EINVAL;
    return run(mappings, numbers);
  };
}

const store: Command = (mappings, [id, offset, ...text]) => {
  const numbers = parse([id ?? '', offset ?? '']);
  if (isErrno(numbers)) return numbers;
  return mappings.store(Number(numbers[0]), numbers[1]!, Buffer.from(text.join(' ')));
};

const commands: ReadonlyMap<string, Command> = new Map([
  ['mmap', mmap],
  ['munmap', numeric(1, 3, (all, [id, offset, length]) => all.munmap(Number(id), offset, length))],
  ['nohugepage', numeric(1, 1, (all, [id]) => all.forbidHugePages(Number(id)))],
  [
    'load',
    numeric(2, 2, (all, [id, offset]) => {
      const loaded = all.load(Number(id), offset!, 1);
      return isErrno(loaded) ? loaded : undefined;
    }),
  ],
  ['store', store],
  ['pin', numeric(2, 2, (all, [id, offset]) => all.pin(Number(id), offset!))],
  ['unpin', numeric(1, 1, (all, [address]) => all.unpin(address!))],
]);

/**
 * The control file `mappings`: one command a write, the process's mappings and pins when read. SIGBUS is EFAULT.
 *
 *     mmap DEVICE LENGTH [OFFSET] [private] [ro] | munmap ID [OFFSET [LENGTH]] | nohugepage ID
 *     load ID OFFSET | store ID OFFSET TEXT | pin ID OFFSET | unpin PHYSICAL
 */
export function mappingsControl(mappings: SimulatedMappings): ControlFileOperations {
  return {
    mode: 0o600,
    show: () => {
      const lines = [...mappings.all()].map(format);
      for (const { address } of mappings.pins) lines.push(`pin ${prefixedHex(address)}\n`);
      return lines.join('');
    },
    store: (text, caller) => {
      const [name = '', ...words] = text.trim().split(/\s+/);
      return commands.get(name)?.(mappings, words, caller) ?? (commands.has(name) ? undefined : EINVAL);
    },
  };
}

function format({ id, dax, vma, writable, pages, faults }: SimulatedMapping): string {
  const addresses = `${hexPad(vma.start, 12)}-${hexPad(vma.end, 12)}`;
  const counts = Object.entries(faults).map(([what, count]) => `${what}=${count}`);
  const offset = hexPad(vma.pageOffset << PAGE_SHIFT, 8);
  const fields = [id, dax.name, addresses, writable ? 'rw-s' : 'r--s', offset, `present=${pages.size}`];
  return `${[...fields, ...counts].join(' ')}\n`;
}

function parse(words: readonly string[]): Result<bigint[]> {
  const numbers: bigint[] = [];
  for (const word of words) {
    const number = kstrtoull(word);
    if (isErrno(number)) return number;
    numbers.push(number);
  }
  return numbers;
}
