import { formatMachineError, isErrors, type MachineDescription } from '../machine/description.ts';
import type { MachineSpec } from '../machine/schema.ts';
import { Failure } from './failure.ts';
import { hostRelease } from './host-release.ts';
import { DEFAULT_MACHINE, machineOf } from './machine-source.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/** A name of `daxsim machines`, the path of a machine file, or what such a file says. */
export type MachineInput = string | MachineSpec;

/**
 * Boots a machine in this process.
 * @throws {Failure} for a name that is not known, or with every error of a machine file
 */
export async function bootMachine(machine: MachineInput = DEFAULT_MACHINE): Promise<SimulatedMachine> {
  const [description, { SimulatedMachine }] = await Promise.all([
    describeMachine(machine),
    import('./simulated-machine.ts'),
  ]);
  return new SimulatedMachine(description);
}

/** The machine as plain data. @throws {Failure} as {@link bootMachine} */
export async function describeMachine(machine: MachineInput): Promise<MachineDescription> {
  if (typeof machine === 'string') return machineOf(machine);
  const { machineFromContent } = await import('../machine/parse-machine.ts');
  const outcome = machineFromContent(machine, 'machine', { host: hostRelease() });
  if (!isErrors(outcome)) return outcome;
  throw new Failure(outcome.map(error => formatMachineError('machine', error)).join('\n'));
}
