import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bootEngine } from '../../src/cli/replay/engine-system.ts';
import { replay } from '../../src/cli/replay/replay.ts';
import { readScenario } from '../../src/cli/replay/scenario.ts';
import { scenarioMachine } from '../../src/cli/replay/scenario-machine.ts';

const GOLDEN = new URL('.', import.meta.url).pathname;

/** Recordings that do not match yet, and what they wait for. Everything else matches in every step. */
const WAITING: Readonly<Record<string, RegExp>> = {
  'kernel 6.1': /^6\.1-(?!01-|03-)/,
  'commands that need a mount': /-(06-misaligned-nonode|08b?-daxctl\S*)$/,
  'persistent memory': /-(09[a-d]-\S+|fuzz-f-\d+|x-pmem-f)$/,
  HMAT: /-11-hmat$/,
};

const waits = (name: string) => Object.values(WAITING).some(pattern => pattern.test(name));
const scenarios = readdirSync(GOLDEN, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name);

describe('the engine answers as the recorded kernel did', () => {
  it.each(scenarios.filter(name => !waits(name)))('%s', { timeout: 60_000 }, async name => {
    const scenario = readScenario(GOLDEN + name);
    const report = await replay(scenario, () => bootEngine(scenarioMachine(scenario)));
    expect(report.mismatches).toEqual([]);
    expect(report.matched).toBe(report.total);
    expect(report.total).toBeGreaterThan(0);
  });
});
