import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { isErrors, type MachineDescription } from '../../src/machine/description.ts';
import { parseMachine } from '../../src/machine/parse-machine.ts';

const DIRECTORY = new URL('../golden/', import.meta.url).pathname.replace('/dist/', '/');

/** Names of the recordings of real kernels in test/golden. */
export const recordings = readdirSync(DIRECTORY).filter(name => /^\d/.test(name));

export function readRecording(name: string, file: string): string {
  return gunzipSync(readFileSync(`${DIRECTORY}${name}/${file}.gz`)).toString('utf8');
}

export function recordedMachine(name: string): MachineDescription {
  const machine = parseMachine(readRecording(name, 'machine.json'), `${name}/machine.json`);
  if (isErrors(machine)) throw new Error(JSON.stringify(machine));
  return machine;
}
