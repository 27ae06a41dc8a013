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

export const DEFAULT_MACHINE = 'default';

/**
 * The machine of a preset's name or of a machine file. A name with a slash is always a file.
 * @throws {Failure} with the given status when there is none
 */
export async function machineOf(nameOrFile: string, status?: number): Promise<MachineDescription> {
  const preset = nameOrFile.includes('/') ? undefined : presetMachine(nameOrFile);
  if (preset) return preset;
  if (!existsSync(nameOrFile)) {
    const hint = didYouMean(nameOrFile, Object.keys(presets));
    const message = `no machine "${nameOrFile}": neither a name of "daxsim machines" nor a file${hint}`;
    throw new Failure(message, status);
  }
  const outcome = await readMachineFile(nameOrFile, status);
  if (!isErrors(outcome)) return outcome;
  const errors = outcome.map(error => formatMachineError(nameOrFile, error));
  throw new Failure(errors.join('\ndaxsim: '), status);
}

/** The machines to serve: one in the root, several in subdirectories of their names. */
export async function machineSlots(names: readonly string[]): Promise<RackSlot[]> {
  const descriptions = await Promise.all(
    (names.length > 0 ? names : [DEFAULT_MACHINE]).map(name => machineOf(name)),
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
  status?: number,
): Promise<MachineDescription | MachineError[]> {
  const { parseMachine } = await import('../machine/parse-machine.ts');
  try {
    return parseMachine(readFileSync(file, 'utf8'), file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Failure(`${file}: cannot be read (${code})`, status);
  }
}
