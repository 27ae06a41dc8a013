import { existsSync, readFileSync } from 'node:fs';
import type { MachineDescription } from '../../machine/description.ts';
import { isErrors, parseMachine } from '../../machine/parse-machine.ts';
import { presetMachine } from '../../machine/presets/index.ts';
import type { Scenario } from './scenario.ts';

/**
 * The machine that a scenario was recorded on; or the one of this name or file.
 * @throws with every error of the machine file
 */
export function scenarioMachine(scenario: Scenario, machine?: string): MachineDescription {
  const preset = machine === undefined || existsSync(machine) ? undefined : presetMachine(machine);
  if (preset) return preset;
  const file = machine ?? `${scenario.name}/machine.json`;
  const outcome = parseMachine(
    machine === undefined ? scenario.machine : readFileSync(machine, 'utf8'),
    file,
  );
  if (!isErrors(outcome)) return outcome;
  throw new Error(outcome.map(({ path, message }) => `${file}: ${path}: ${message}`).join('\n'));
}
