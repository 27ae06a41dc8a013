/** One word of the kernel command line. */
export interface BootParameter {
  /** With `-` read as `_`, as the kernel compares names. */
  readonly name: string;
  /** Undefined without an equals sign. */
  readonly value: string | undefined;
}

/** lib/cmdline.c next_arg: blanks separate words, double quotes keep them together and are dropped. */
export function parseCommandLine(text: string): readonly BootParameter[] {
  const words = text.match(/(?:"[^"]*(?:"|$)|[^\s"])+/g) ?? [];
  return words.map(quoted => {
    const word = quoted.replaceAll('"', '');
    const equals = word.indexOf('=');
    return {
      name: (equals < 0 ? word : word.slice(0, equals)).replaceAll('-', '_'),
      value: equals < 0 ? undefined : word.slice(equals + 1),
    };
  });
}

/** The last value of a parameter, which is the one that counts; undefined when it is not given. */
export function lastValue(parameters: readonly BootParameter[], name: string): string | undefined {
  return parameters.findLast(parameter => parameter.name === name)?.value;
}

/** `module.parameter=value` words for one module, as `parameter=value`, in order. */
export function moduleParameters(parameters: readonly BootParameter[], module: string): readonly string[] {
  const prefix = `${module.replaceAll('-', '_')}.`;
  return parameters
    .filter(parameter => parameter.name.startsWith(prefix))
    .map(({ name, value }) => name.slice(prefix.length) + (value === undefined ? '' : `=${value}`));
}

export interface Memparsed {
  readonly value: bigint;
  /** What follows the number and its suffix. */
  readonly rest: string;
}

const SUFFIX_SHIFT: Readonly<Record<string, bigint>> = { k: 10n, m: 20n, g: 30n, t: 40n, p: 50n, e: 60n };

/** lib/cmdline.c memparse: a decimal, `0x` or octal number with an optional suffix K M G T P E. Undefined without a digit. */
export function memparse(text: string): Memparsed | undefined {
  const match = /^(0[xX][0-9a-fA-F]+|\d+)([kmgtpeKMGTPE]?)/.exec(text);
  if (!match) return undefined;
  const [all, digits = '', suffix = ''] = match;
  const octal = /^0[0-7]+$/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return { value: value << (SUFFIX_SHIFT[suffix.toLowerCase()] ?? 0n), rest: text.slice(all.length) };
}
