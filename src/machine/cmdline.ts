import { isErrno } from '../lib/errno.ts';
import { kstrtobool } from '../lib/kstrtox.ts';

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

/** The words of a command line, to be asked for. Names are given with `_`. */
export class CommandLine {
  readonly parameters: readonly BootParameter[];

  constructor(text: string) {
    this.parameters = parseCommandLine(text);
  }

  has(name: string): boolean {
    return this.parameters.some(parameter => parameter.name === name);
  }

  /** The last value given, which is the one that counts; undefined without one. */
  last(name: string): string | undefined {
    return this.parameters.findLast(parameter => parameter.name === name && parameter.value !== undefined)
      ?.value;
  }

  /** A bool parameter: the bare name means true. Undefined when it is not given or not a bool. */
  boolean(name: string): boolean | undefined {
    const given = this.parameters.findLast(parameter => parameter.name === name);
    if (!given) return undefined;
    const value = given.value === undefined ? true : kstrtobool(given.value);
    return isErrno(value) ? undefined : value;
  }

  /** `module.parameter=value` words of one module, in order of first appearance; a bare name has the value ''. */
  moduleParameters(module: string): ReadonlyMap<string, string> {
    const prefix = `${module.replaceAll('-', '_')}.`;
    const own = this.parameters.filter(parameter => parameter.name.startsWith(prefix));
    return new Map(own.map(({ name, value }) => [name.slice(prefix.length), value ?? '']));
  }
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
