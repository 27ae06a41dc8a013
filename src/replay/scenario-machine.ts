import { isErrors, type MachineDescription } from '../machine/description.ts';
import { machineFromContent } from '../machine/parse-machine.ts';
import type { Scenario } from './scenario.ts';

/**
 * The machine that a scenario was recorded on.
 * @throws with every error of its machine file
 */
export function scenarioMachine({ name, machine }: Scenario): MachineDescription {
  const file = `${name}/machine.json`;
  const outcome = machineFromContent(machine, file);
  if (!isErrors(outcome)) return outcome;
  throw new Error(outcome.map(({ path, message }) => `${file}: ${path}: ${message}`).join('\n'));
}
