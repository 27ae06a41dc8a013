import { existsSync, readFileSync } from 'node:fs';
import {
  formatMachineError,
  isErrors,
  type MachineDescription,
  type MachineError,
} from '../machine/description.ts';
import { presetMachine, presets } from '../machine/presets/index.ts';
import type { RackSlot } from '../machine/rack.ts';
import { didYouMean } from '../machine/suggestion.ts';
import { Failure } from './failure.ts';
import { hostRelease } from './host-release.ts';

export const DEFAULT_MACHINE = 'default';

export interface MachineChoice {
  /** A kernel release, or `host`, in place of the machine's own. */
  readonly kernel?: string | undefined;
  /** The exit status when there is no such machine. */
  readonly status?: number;
}

/**
 * The machine of a preset's name or of a machine file. A name with a slash is always a file.
 * @throws {Failure} with the given status when there is none
 */
export async function machineOf(nameOrFile: string, choice: MachineChoice = {}): Promise<MachineDescription> {
  const { kernel, status } = choice;
  const preset = nameOrFile.includes('/') ? undefined : await presetOf(nameOrFile, kernel);
  if (preset) return described(preset, nameOrFile, status);
  if (!existsSync(nameOrFile)) {
    const hint = didYouMean(nameOrFile, Object.keys(presets));
    const message = `no machine "${nameOrFile}": neither a name of "daxsim machines" nor a file${hint}`;
    throw new Failure(message, status);
  }
  return described(await readMachineFile(nameOrFile, choice), nameOrFile, status);
}

async function presetOf(
  name: string,
  kernel: string | undefined,
): Promise<MachineDescription | MachineError[] | undefined> {
  if (kernel === undefined || !Object.hasOwn(presets, name)) return presetMachine(name);
  const { machineFromContent } = await import('../machine/parse-machine.ts');
  return machineFromContent(presets[name]!.spec, name, { kernel, host: hostRelease() });
}

/** @throws {Failure} with every error */
function described(
  outcome: MachineDescription | MachineError[],
  name: string,
  status?: number,
): MachineDescription {
  if (!isErrors(outcome)) return outcome;
  const errors = outcome.map(error => formatMachineError(name, error));
  throw new Failure(errors.join('\ndaxsim: '), status);
}

/** The machines to serve: one in the root, several in subdirectories of their names. */
export async function machineSlots(names: readonly string[], kernel?: string): Promise<RackSlot[]> {
  const descriptions = await Promise.all(
    (names.length > 0 ? names : [DEFAULT_MACHINE]).map(name => machineOf(name, { kernel })),
  );
  if (descriptions.length === 1) return [{ description: descriptions[0]! }];
  const used = new Map<string, number>();
  return descriptions.map(description => {
    const count = (used.get(description.name) ?? 0) + 1;
    used.set(description.name, count);
    return { description, name: count === 1 ? description.name : `${description.name}-${count}` };
  });
}

/** @throws {Failure} with the given status when the file cannot be read */
export async function readMachineFile(
  file: string,
  { kernel, status }: MachineChoice = {},
): Promise<MachineDescription | MachineError[]> {
  const { parseMachine } = await import('../machine/parse-machine.ts');
  try {
    return parseMachine(readFileSync(file, 'utf8'), file, { kernel, host: hostRelease() });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Failure(`${file}: cannot be read (${code})`, status);
  }
}
