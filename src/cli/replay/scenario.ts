import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Dump, parseDump } from './compare/dump.ts';
import type { Step } from './step.ts';

/** A recording of one boot: the machine, what was done, what it answered. */
export interface Scenario {
  readonly name: string;
  readonly kernel: string;
  /** The content of `machine.json`. */
  readonly machine: { readonly kernel: string };
  readonly steps: readonly Step[];
  /** By name: `before`, `after` and those of `dump` steps. */
  readonly dumps: ReadonlyMap<string, Dump>;
}

/** @throws with a message for a person when the directory holds no recording */
export function readScenario(directory: string): Scenario {
  const machineText = readText(join(directory, 'machine.json'));
  const transcript = readText(join(directory, 'transcript.jsonl'));
  if (machineText === undefined) throw new Error(`${directory}: no machine.json`);
  if (transcript === undefined) throw new Error(`${directory}: no transcript.jsonl`);
  const machine = JSON.parse(machineText) as { readonly kernel: string };
  return {
    name: basename(resolve(directory)),
    kernel: machine.kernel,
    machine,
    steps: transcript
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Step),
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

function* readDumps(directory: string): Generator<[string, Dump]> {
  for (const file of readdirSync(directory)) {
    const name = /^dump\.(.+)\.txt(\.gz)?$/.exec(file)?.[1];
    if (name !== undefined) yield [name, parseDump(readText(join(directory, `dump.${name}.txt`))!)];
  }
}

/** A file or its gzip copy. */
function readText(path: string): string | undefined {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  return existsSync(`${path}.gz`) ? gunzipSync(readFileSync(`${path}.gz`)).toString('utf8') : undefined;
}
