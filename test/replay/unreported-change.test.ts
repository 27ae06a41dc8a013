import { describe, expect, it } from 'vitest';
import { group, ro, rw } from '../../src/kernel/fs/attribute.ts';
import type { Directory } from '../../src/kernel/fs/directory.ts';
import { KERNEL } from '../../src/kernel/fs/file-system.ts';
import { throwBug } from '../../src/kernel/fs/guarded-file.ts';
import type { Node } from '../../src/kernel/fs/node.ts';
import { createRack } from '../../src/machine/rack.ts';
import { engineProbe } from '../../src/replay/engine/engine-system.ts';
import { findInode } from '../../src/replay/engine/kernel-reads.ts';
import { replay } from '../../src/replay/replay.ts';
import { readScenario } from '../../src/replay/scenario.ts';
import { scenarioMachine } from '../../src/replay/scenario-machine.ts';
import type { System } from '../../src/replay/system.ts';

const GOLDEN = new URL('../golden/', import.meta.url).pathname;
const scenario = readScenario(`${GOLDEN}6.12-x-modref-a`);

function boot() {
  const { fileSystem } = createRack([{ description: scenarioMachine(scenario), liveKmsg: true }], {
    clock: () => 0n,
    onBug: throwBug,
  });
  const probe = engineProbe(fileSystem);
  const find = (path: string) => findInode(fileSystem, path) as Node;
  return { fileSystem, probe, find };
}

/** The machine of the recording, on which something happens before the first step. */
function brokenBy(happen: (machine: ReturnType<typeof boot>) => void): () => Promise<System> {
  return async () => {
    const machine = boot();
    const { probe } = machine;
    let happened = false;
    return {
      dump: async () => probe.dump(),
      changes: async () => probe.changes(),
      journal: async () => probe.journal(),
      perform: async step => {
        if (!happened) happen(machine);
        happened = true;
        return probe.perform(step);
      },
      shell: async (command, uid) => probe.shell(command, uid),
      detours: new Map(),
      stop: async () => {},
    };
  };
}

const DEVICE = '/sys/bus/dax';

describe('what changes without a report', () => {
  it('does not escape a replay: the dump at its end believes no report', async () => {
    const sound = await replay(
      scenario,
      brokenBy(() => {}),
    );
    expect(sound.mismatches).toEqual([]);
    const broken = await replay(
      scenario,
      brokenBy(({ find }) => {
        find(`${DEVICE}/drivers_autoprobe`).mode = 0o600;
      }),
    );
    expect(broken.mismatches).toEqual([
      {
        seq: expect.any(Number),
        field: 'dump.after',
        expected: [expect.stringContaining(`f 0644 0:0 size=4096 nlink=1 ${DEVICE}/drivers_autoprobe`)],
        actual: [expect.stringContaining(`f 0600 0:0 size=4096 nlink=1 ${DEVICE}/drivers_autoprobe`)],
      },
    ]);
  });

  it('shows after the next step unless the attribute claims to be stable, and then in the next dump', () => {
    const { probe, find } = boot();
    const values = { honest: 'one', lying: 'one', told: 'one' };
    const attributes = group<typeof values>({
      honest: ro(({ honest }) => `${honest}\n`),
      lying: ro(({ lying }) => `${lying}\n`, { stable: true }),
      told: ro(({ told }) => `${told}\n`, { stable: true }),
    });
    const directory = find(DEVICE) as Directory;
    directory.attach(attributes.of(values));
    probe.dump();
    Object.assign(values, { honest: 'two', lying: 'two', told: 'two' });
    directory.contentChanged('told');
    expect(probe.changes().map(({ key }) => key)).toEqual([`${DEVICE}/honest`, `${DEVICE}/told`]);
    expect(probe.dump().get(`${DEVICE}/lying`)).toContain(' = "two\\n"');
  });

  it('shows when a file becomes stable or stops being so', () => {
    const { probe, find } = boot();
    const state = { stable: true, value: 'one' };
    const attributes = group<typeof state>({
      value: rw(
        ({ value }) => `${value}\n`,
        () => undefined,
        { stable: ({ stable }) => stable },
      ),
    });
    const directory = find(DEVICE) as Directory;
    directory.attach(attributes.of(state));
    probe.dump();
    state.stable = false;
    directory.contentChanged('value');
    expect(probe.changes()).toEqual([]);
    state.value = 'two';
    expect(probe.changes().map(({ key }) => key)).toEqual([`${DEVICE}/value`]);
  });

  it('is told of a mode that anybody sets', () => {
    const { fileSystem, probe, find } = boot();
    probe.dump();
    fileSystem.setattr(find(`${DEVICE}/drivers_probe`), { mode: 0o600 }, KERNEL);
    expect(probe.changes().map(({ key }) => key)).toEqual([`${DEVICE}/drivers_probe`]);
  });
});
