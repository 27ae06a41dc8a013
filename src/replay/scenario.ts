import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { formatMachineError } from '../machine/description.ts';
import { parseText } from '../machine/parse-machine.ts';
import { type Dump, parseDump } from './compare/dump.ts';
import type { Step } from './step.ts';

/** A recording of one boot: the machine, what was done, what it answered. */
export interface Scenario {
  readonly name: string;
  readonly kernel: string;
  /** The content of `machine.json`. */
  readonly machine: unknown;
  readonly steps: readonly Step[];
  /** Paths that its recorder did not look at yet, though dumps cover them now (`not_dumped` of machine.json). */
  readonly notDumped: readonly string[];
  /** By name: `before`, `after` and those of `dump` steps. */
  readonly dumps: ReadonlyMap<string, Dump>;
}

interface RecordedMachine {
  readonly kernel?: string;
  readonly not_dumped?: readonly string[];
}

/** @throws with a message for a person when the directory holds no recording */
export function readScenario(directory: string): Scenario {
  const machineText = readText(join(directory, 'machine.json'));
  const transcript = readText(join(directory, 'transcript.jsonl'));
  if (machineText === undefined) throw new Error(`${directory}: no machine.json`);
  if (transcript === undefined) throw new Error(`${directory}: no transcript.jsonl`);
  if (transcript.text.trim() === '') throw new Error(`${transcript.file}: empty, and nothing to compare`);
  const machine = parseMachineContent(machineText);
  const { kernel = '', not_dumped = [] } = (machine ?? {}) as RecordedMachine;
  return {
    name: basename(resolve(directory)),
    kernel,
    machine,
    notDumped: not_dumped,
    steps: parseSteps(transcript),
    dumps: new Map(readDumps(directory)),
  };
}

/** The directories below `directory` that hold a recording; itself if it is one. None for a file, as a shell's `*` names some. */
export function scenarioDirectories(directory: string): string[] {
  if (statSync(directory, { throwIfNoEntry: false })?.isFile()) return [];
  const isScenario = (path: string) =>
    ['transcript.jsonl', 'transcript.jsonl.gz'].some(name => existsSync(join(path, name)));
  if (isScenario(directory) || !existsSync(directory)) return [directory];
  const below = readdirSync(directory)
    .sort()
    .map(name => join(directory, name))
    .filter(isScenario);
  return below.length > 0 ? below : [directory];
}

/** A machine file is YAML, of which JSON is a part; only where JSON fails, since it is read so much faster. */
function parseMachineContent({ file, text }: TextFile): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const document = parseText(text);
    if ('content' in document) return document.content;
    throw new Error(document.errors.map(error => formatMachineError(file, error)).join('\n'));
  }
}

function parseSteps({ file, text }: TextFile): Step[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const place = `${file}:${index + 1}`;
    let step: Partial<Step> | null;
    try {
      step = JSON.parse(line);
    } catch (error) {
      throw new Error(`${place}: ${(error as Error).message}`);
    }
    if (typeof step?.seq === 'number' && typeof step.op === 'string') return [step as Step];
    throw new Error(`${place}: not a step, which has seq and op`);
  });
}

function* readDumps(directory: string): Generator<[string, Dump]> {
  for (const file of readdirSync(directory)) {
    const name = /^dump\.(.+)\.txt(\.gz)?$/.exec(file)?.[1];
    if (name !== undefined) yield [name, parseDump(readText(join(directory, `dump.${name}.txt`))!.text)];
  }
}

interface TextFile {
  readonly file: string;
  readonly text: string;
}

/** A file or its gzip copy. */
function readText(path: string): TextFile | undefined {
  if (existsSync(path)) return { file: path, text: readFileSync(path, 'utf8') };
  const file = `${path}.gz`;
  if (!existsSync(file)) return undefined;
  try {
    return { file, text: gunzipSync(readFileSync(file)).toString('utf8') };
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}
