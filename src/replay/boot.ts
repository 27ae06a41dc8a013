import type { TransportName } from '../../mount/host.ts';
import { canRun } from '../user/shell/shell.ts';
import { bootEngine } from './engine/engine-system.ts';
import { bootMount } from './mounted/mount-system.ts';
import { bootServedEngine, mayServe } from './mounted/served-system.ts';
import type { Scenario } from './scenario.ts';
import { scenarioMachine } from './scenario-machine.ts';
import type { System } from './system.ts';

/** What performs the steps. */
export type Through = 'engine' | TransportName;

/** Whether a scenario has commands whose programs the engine's own shell has not. */
export function needsPrograms(scenario: Scenario): boolean {
  return scenario.steps.some(({ op, cmd }) => op === 'sh' && !canRun(cmd!));
}

/**
 * Boots a scenario's machine. On the engine, a mount is made only where a step needs a program.
 * @param cache whether that mount keeps page contents
 */
export async function bootScenario(
  scenario: Scenario,
  through: Through,
  description = scenarioMachine(scenario),
  cache = false,
): Promise<System> {
  if (through !== 'engine') return bootMount(description, through, cache);
  return needsPrograms(scenario) && (await mayServe())
    ? bootServedEngine(description)
    : bootEngine(description);
}
