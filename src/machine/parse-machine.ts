import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { isErrors, type MachineDescription, type MachineError } from './description.ts';
import { fromSpec } from './from-spec.ts';
import { insteadOfKey } from './known-keys.ts';
import { limitErrors, nameRefusal } from './limits.ts';
import { machineSchema } from './schema.ts';
import { fromRecorded, recordedSchema } from './schema-recorded.ts';
import { didYouMean } from './suggestion.ts';

type Path = readonly PropertyKey[];

/**
 * Reads a machine file, YAML or JSON: one that a person wrote, or a recorded `machine.json` (it has a `firmware` key).
 * Returns everything that is wrong with it, with the place in the file, or the machine.
 */
export function parseMachine(
  text: string,
  fileName: string,
  kernels: KernelChoice = {},
): MachineDescription | MachineError[] {
  const parsed = parseText(text);
  if ('errors' in parsed) return parsed.errors;
  const outcome = machineFromContent(parsed.content, fileName, kernels);
  if (!isErrors(outcome)) return outcome;
  return outcome.map(parsed.locate).sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

interface ParsedText {
  readonly content: unknown;
  /** Adds the line that an error's path leads to. */
  readonly locate: (error: MachineError) => MachineError;
}

/** YAML or JSON without regard to its meaning: the content, or every error of syntax with its line. */
export function parseText(text: string): ParsedText | { readonly errors: MachineError[] } {
  try {
    return readText(text);
  } catch (error) {
    // The parser's way to say that aliases multiply or lead nowhere, or that it went too deep.
    if (error instanceof ReferenceError) return { errors: [{ path: '', message: aliasMessage(error) }] };
    if (error instanceof RangeError)
      return { errors: [{ path: '', message: 'nested too deeply to be read' }] };
    throw error;
  }
}

/** How often aliases may be used, those inside of aliased values multiplied. */
const MAX_ALIASES = 100_000;

function aliasMessage({ message }: ReferenceError): string {
  return message.startsWith('Excessive alias count')
    ? `aliases (*name) stand for more than ${MAX_ALIASES} values: write fewer of them inside of each other`
    : message;
}

function readText(text: string): ParsedText | { readonly errors: MachineError[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const errors = document.errors.map(({ message, pos }) => ({
    path: '',
    message,
    line: lines.linePos(pos[0]).line,
  }));
  if (errors.length > 0) return { errors };
  keepRelease(document);
  return {
    content: document.toJS({ maxAliasCount: MAX_ALIASES }),
    locate: error => locate(error, document, lines),
  };
}

/** YAML reads 5.10 as the number 5.1: a release is what was written. */
function keepRelease(document: Document): void {
  const kernel = isMap(document.contents) && document.contents.get('kernel', true);
  if (isScalar(kernel) && typeof kernel.value === 'number') kernel.value = kernel.source ?? kernel.value;
}

/** The same for the content of a machine file; errors come without their lines. */
export function machineFromContent(
  written: unknown,
  fileName: string,
  kernels: KernelChoice = {},
): MachineDescription | MachineError[] {
  const name = machineName(fileName);
  const content = withKernel(written, kernels);
  if (content === undefined) return [{ path: 'kernel', message: 'host: the running kernel is not known' }];
  if (isRecorded(content)) {
    const parsed = recordedSchema.safeParse(content, REPORT);
    return parsed.success ? withinLimits(fromRecorded(parsed.data, name)) : readable(parsed.error.issues);
  }
  const parsed = machineSchema.safeParse(content, REPORT);
  return parsed.success ? withinLimits(fromSpec(parsed.data, name)) : readable(parsed.error.issues);
}

/** Which kernel a machine boots. */
export interface KernelChoice {
  /** In place of what the machine file says. */
  readonly kernel?: string | undefined;
  /** The release of the running kernel, for a machine that boots the `host` kernel. */
  readonly host?: string | undefined;
}

/** Undefined when the release of the running kernel is wanted, and not known. */
function withKernel(content: unknown, { kernel, host }: KernelChoice): unknown {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return content;
  const release = kernel ?? (content as { readonly kernel?: unknown }).kernel;
  if (release === undefined) return content;
  if (release !== 'host') return { ...content, kernel: release };
  return host === undefined ? undefined : { ...content, kernel: host };
}

function withinLimits(outcome: MachineDescription | MachineError[]): MachineDescription | MachineError[] {
  if (isErrors(outcome)) return outcome;
  const errors = limitErrors(outcome);
  return errors.length > 0 ? errors : outcome;
}

/** An issue tells the value that it is about. */
const REPORT = { reportInput: true };

function isRecorded(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'firmware' in content;
}

/** `lab.yaml` is the machine `lab`; `guests/lab/machine.json` is it, too. */
function machineName(fileName: string): string {
  const [file = '', directory = ''] = fileName.split(/\/(?:\.?\/)*/).reverse();
  const base = file.replace(/\.(ya?ml|json)$/i, '');
  return base === 'machine' && nameRefusal(directory) === undefined ? directory : base;
}

/** An unrecognized key is reported where it is, a failed choice by what its alternatives say; of one place, what is wrong first. */
function readable(issues: readonly SchemaIssue[], parent: Path = []): MachineError[] {
  const places = new Set<string>();
  return issues.flatMap(issue => {
    const place = dotted(issue.path);
    if (places.has(place)) return [];
    places.add(place);
    const path = [...parent, ...issue.path];
    if (issue.code === 'unrecognized_keys') return (issue.keys ?? []).map(key => unknownKey(path, key));
    // The alternative that took the value for its own, and found something wrong inside.
    const inside = issue.errors?.find(issues => issues.every(({ path }) => path.length > 0));
    if (inside) return readable(inside, path);
    return [{ path: dotted(path), message: messageOf(issue) }];
  });
}

function unknownKey(path: Path, key: string): MachineError {
  return { path: dotted([...path, key]), message: `unknown key: ${insteadOfKey(key, dotted(path))}` };
}

/** The parts of a zod issue that are reported. */
interface SchemaIssue {
  readonly code?: string;
  readonly path: Path;
  readonly message: string;
  readonly keys?: readonly string[];
  /** Of a choice. */
  readonly values?: readonly unknown[];
  readonly input?: unknown;
  readonly errors?: readonly (readonly SchemaIssue[])[];
}

const MISMATCH = /^expected (.*), received (.*)$/;

/** Alternatives that were all given the same name it once. */
function messageOf(issue: SchemaIssue): string {
  const messages = [...new Set(alternatives(issue))];
  const mismatches = messages.map(message => MISMATCH.exec(message));
  const received = mismatches[0]?.[2];
  if (received === undefined || !mismatches.every(match => match?.[2] === received))
    return messages.join(', or ');
  const expected = `expected ${mismatches.map(match => match?.[1]).join(' or ')}`;
  return received === 'undefined' ? `missing: ${expected}` : `${expected}, received ${received}`;
}

function alternatives(issue: SchemaIssue): string[] {
  if (issue.code === 'invalid_union' && issue.errors?.length)
    return issue.errors.flat().flatMap(alternatives);
  const message = issue.message
    .replace(/^(Invalid (input|option)|Too (small|big)): /, '')
    .replace('expected boolean,', 'expected true or false,');
  return [message + meant(issue)];
}

function meant({ input, values = [] }: SchemaIssue): string {
  return typeof input === 'string' ? didYouMean(input, values.map(String)) : '';
}

/** `nodes[1].ram` */
function dotted(path: Path): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
}

function locate(error: MachineError, document: Document, lines: LineCounter): MachineError {
  const keys = Array.from(error.path.matchAll(/\[(\d+)\]|([^.[\]]+)/g), match =>
    match[1] ? Number(match[1]) : match[2]!,
  );
  for (let depth = keys.length; depth > 0; depth--) {
    const node = document.getIn(keys.slice(0, depth), true) as
      | { range?: [number, number, number] }
      | undefined;
    if (node?.range) return { ...error, line: lines.linePos(node.range[0]).line };
  }
  return error;
}
