import { posixPattern } from './posix-pattern.ts';
import {
  type Context,
  describe,
  letters,
  lines,
  type Output,
  type Program,
  printed,
  readFile,
  split,
  splitOptions,
} from './program.ts';

/** Programs on lines of text. */
export const textPrograms: Readonly<Record<string, Program>> = {
  true: { accepts: () => true, run: () => printed('') },
  ':': { accepts: () => true, run: () => printed('') },
  false: { accepts: () => true, run: () => ({ stdout: '', stderr: '', status: 1 }) },
  echo: {
    accepts: args => !/^-[neE]+$/.test(args[args[0] === '-n' ? 1 : 0] ?? ''),
    run: args => (args[0] === '-n' ? printed(args.slice(1).join(' ')) : printed(`${args.join(' ')}\n`)),
  },
  seq: {
    accepts: args => args.length >= 1 && args.length <= 2 && args.every(arg => /^(\d+|.*\$.*)$/.test(arg)),
    run: args => {
      const [first, last] = args.length === 1 ? [1, Number(args[0])] : args.map(Number);
      const length = Math.max(0, last! - first! + 1);
      return printed(lines(Array.from({ length }, (_, i) => String(first! + i))));
    },
  },
  head: portion((all, { count }) => all.slice(0, count)),
  tail: portion((all, { count, from }) => (from ? all.slice(count - 1) : count > 0 ? all.slice(-count) : [])),
  sort: {
    accepts: args => letters('ru')(args) && splitOptions(args).operands.length === 0,
    run: (args, context) => {
      const { options } = splitOptions(args);
      const sorted = split(context.stdin()).sort();
      const chosen = options.includes('u') ? [...new Set(sorted)] : sorted;
      return printed(lines(options.includes('r') ? chosen.reverse() : chosen));
    },
  },
  grep: { accepts: args => grepRequest(args) !== undefined, run: grep },
  sed: { accepts: args => sedRequest(args) !== undefined, run: sed },
};

interface Portion {
  readonly count: number;
  /** `+N`: from line N on. */
  readonly from: boolean;
  readonly file: string | undefined;
}

/** head(1) and tail(1), of the input or of one file. */
function portion(cut: (all: string[], wanted: Portion) => string[]): Program {
  return {
    accepts: args => portionRequest(args) !== undefined,
    run(args, context) {
      const wanted = portionRequest(args)!;
      if (wanted.file === undefined) return printed(lines(cut(split(context.stdin()), wanted)));
      const { text, error } = readFile(context.calls, context.path(wanted.file));
      const stderr = error ? `${wanted.file}: ${describe(error)}\n` : '';
      return { stdout: lines(cut(split(text), wanted)), stderr, status: error ? 1 : 0 };
    },
  };
}

function portionRequest(args: readonly string[]): Portion | undefined {
  const match = /^(?:-(?:n\n?)?(\+?)(\d+)(?:\n|$))?([^-\n][^\n]*)?$/.exec(args.join('\n'));
  if (!match) return undefined;
  const [, plus, count, file] = match;
  return { count: count === undefined ? 10 : Number(count), from: plus === '+', file };
}

interface SedRequest {
  readonly quiet: boolean;
  readonly pattern: RegExp;
  readonly replacement: string;
  readonly print: boolean;
}

/** One substitution of the basic kind, `s,PATTERN,TEXT,[gp]`, with groups. */
function sedRequest(args: readonly string[]): SedRequest | undefined {
  const quiet = args[0] === '-n';
  const [script = '', ...files] = quiet ? args.slice(1) : args;
  const match = /^s([/,|])((?:(?!\1).)*)\1((?:(?!\1).)*)\1([gp]*)$/.exec(script);
  if (!match || files.length > 0 || /\\[^()1-9]|&/.test(match[2]! + match[3]!)) return undefined;
  const [, , basic = '', text = '', flags = ''] = match;
  return {
    quiet,
    pattern: posixPattern(basic, 'basic', flags.includes('g') ? 'g' : ''),
    replacement: text.replaceAll('$', '$$$$').replace(/\\(\d)/g, '$$$1'),
    print: flags.includes('p'),
  };
}

function sed(args: readonly string[], context: Context): Output {
  const { quiet, pattern, replacement, print } = sedRequest(args)!;
  const output = split(context.stdin()).flatMap(line => {
    const edited = line.replace(pattern, replacement);
    const again = print && line.search(pattern) >= 0;
    return [...(quiet ? [] : [edited]), ...(again ? [edited] : [])];
  });
  return printed(lines(output));
}

interface GrepRequest {
  readonly options: ReadonlySet<string>;
  /** Lines shown after a match. */
  readonly after: number;
  readonly pattern: RegExp;
  readonly file: string | undefined;
}

/** `grep [-EFcioqv] [-A N] PATTERN [FILE]`. */
function grepRequest(args: readonly string[]): GrepRequest | undefined {
  const options = new Set<string>();
  let after = 0;
  let at = 0;
  for (; /^-./.test(args[at] ?? ''); at++) {
    const match = /^-([EFcioqv]*)(?:A(\d*))?$/.exec(args[at]!);
    if (!match) return undefined;
    for (const letter of match[1]!) options.add(letter);
    if (match[2] !== undefined) after = Number(match[2] || args[++at]);
  }
  const [text, file, ...more] = args.slice(at);
  if (text === undefined || more.length > 0 || (after > 0 && options.has('o'))) return undefined;
  const flags = options.has('i') ? 'gi' : 'g';
  const pattern = options.has('F')
    ? new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), flags)
    : posixPattern(text, options.has('E') ? 'extended' : 'basic', flags);
  return { options, after, pattern, file };
}

function grep(args: readonly string[], context: Context): Output {
  const { options, after, pattern, file } = grepRequest(args)!;
  const { text, error } =
    file === undefined
      ? { text: context.stdin(), error: undefined }
      : readFile(context.calls, context.path(file));
  const all = split(text);
  const matching = all.flatMap((line, i) => (line.search(pattern) >= 0 === options.has('v') ? [] : [i]));
  const stderr = error ? `grep: ${file}: ${describe(error)}\n` : '';
  return {
    stdout: lines(shown(all, matching)),
    stderr,
    status: error ? 2 : matching.length > 0 ? 0 : 1,
  };

  function shown(all: readonly string[], matching: readonly number[]): string[] {
    if (options.has('q')) return [];
    if (options.has('c')) return [String(matching.length)];
    if (options.has('o'))
      return matching.flatMap(i => (all[i]!.match(pattern) ?? []).filter(part => part !== ''));
    return withContext(all, matching, after);
  }
}

/** Matching lines and those after them, with `--` between what does not follow each other. */
function withContext(all: readonly string[], matching: readonly number[], after: number): string[] {
  const found: string[] = [];
  let last = -1;
  for (const i of matching) {
    if (after > 0 && last >= 0 && i > last + 1) found.push('--');
    const end = Math.min(i + after, all.length - 1);
    found.push(...all.slice(Math.max(i, last + 1), end + 1));
    last = Math.max(last, end);
  }
  return found;
}
