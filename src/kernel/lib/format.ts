/** `%d` / `%llu` and a newline. */
export function dec(value: number | bigint): string {
  return `${value}\n`;
}

/** `%#llx`. The kernel prints the prefix for zero too, unlike C libraries. */
export function prefixedHex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** `%#llx` and a newline. */
export function hex(value: number | bigint): string {
  return `${prefixedHex(value)}\n`;
}

/** `%c` of `param_get_bool` and a newline. */
export function yesNo(value: boolean): string {
  return value ? 'Y\n' : 'N\n';
}

/** `%0*llx`: zero padded to at least `width` hex digits, no prefix. */
export function hexPad(value: number | bigint, width: number): string {
  return value.toString(16).padStart(width, '0');
}

/** `%*pbl`: an id list in range form, `0-1,3`; empty for no ids. `ids` ascend. */
export function listRanges(ids: Iterable<number>): string {
  const parts: string[] = [];
  let first = -1;
  let last = -2;
  const flush = (): void => {
    if (first >= 0) parts.push(first === last ? `${first}` : `${first}-${last}`);
  };
  for (const id of ids) {
    if (id !== last + 1) {
      flush();
      first = id;
    }
    last = id;
  }
  flush();
  return parts.join(',');
}

/** `%*pb` with `bits` bits: comma separated 32-bit hex words, most significant first, first word unpadded to its bits. */
export function bitmapWords(ids: Iterable<number>, bits: number): string {
  const words = new Uint32Array(Math.max(1, Math.ceil(bits / 32)));
  for (const id of ids) words[id >>> 5]! |= 1 << (id & 31);
  const topBits = bits % 32 || 32;
  return Array.from(words, (word, i) => hexPad(word, i === words.length - 1 ? Math.ceil(topBits / 4) : 8))
    .reverse()
    .join(',');
}

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Bytes in the greatest unit that leaves no rest, for a person: `2 MiB`, `1000 B`. */
export function byteCount(bytes: bigint): string {
  let count = bytes;
  let unit = 0;
  for (; count !== 0n && count % 1024n === 0n; unit++) count /= 1024n;
  return `${count} ${BINARY_UNITS[unit]}`;
}

/** lib/string_helpers.c string_get_size with STRING_UNITS_2: three significant digits, `62.0 MiB`. */
export function stringGetSize(bytes: bigint): string {
  let size = bytes;
  let rest = 0n;
  let unit = 0;
  for (; size >= 1024n; unit++) {
    rest = size % 1024n;
    size /= 1024n;
  }
  const decimals = size >= 100n || unit === 0 ? 0 : size >= 10n ? 1 : 2;
  const thousandths = (rest * 1000n) / 1024n + [500n, 50n, 5n][decimals]!;
  const whole = size + thousandths / 1000n;
  const fraction = `${thousandths % 1000n}`.padStart(3, '0').slice(0, decimals);
  return `${whole}${decimals > 0 ? `.${fraction}` : ''} ${BINARY_UNITS[unit]}`;
}
