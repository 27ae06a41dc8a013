import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bootScenario, needsPrograms } from '../../src/replay/boot.ts';
import { replay } from '../../src/replay/replay.ts';
import { readScenario } from '../../src/replay/scenario.ts';
import { mayServe } from '../../src/replay/mounted/served-system.ts';

const directories = ['.', '../recordings/'].map(path => new URL(path, import.meta.url).pathname);

const scenarios = directories.flatMap(directory =>
  readdirSync(directory, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => readScenario(directory + name)),
);
const served = await mayServe();

describe('the engine answers as the recorded kernel did', () => {
  it.for(scenarios)('$name', { timeout: 120_000 }, async (scenario, { skip }) => {
    skip(!served && needsPrograms(scenario), 'no mount can be made here for programs like daxctl');
    const report = await replay(scenario, () => bootScenario(scenario, 'engine'));
    expect(report.mismatches).toEqual([]);
    expect(report.matched).toBe(report.total);
    expect(report.total).toBeGreaterThan(0);
  });
});
