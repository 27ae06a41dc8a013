import { describe, expect, it } from 'vitest';
import { type Dump, dumpChanges, takeDump } from '../../../../src/cli/replay/compare/dump.ts';
import { EngineCalls } from '../../../../src/cli/replay/engine/engine-calls.ts';
import { engineProbe } from '../../../../src/cli/replay/engine/engine-system.ts';
import { TreeWatch } from '../../../../src/cli/replay/engine/tree-watch.ts';
import { readScenario } from '../../../../src/cli/replay/scenario.ts';
import { scenarioMachine } from '../../../../src/cli/replay/scenario-machine.ts';
import { KERNEL } from '../../../../src/fs/file-system.ts';
import { throwBug } from '../../../../src/fs/guarded-file.ts';
import { createRack } from '../../../../src/machine/rack.ts';

const GOLDEN = new URL('../../../golden/', import.meta.url).pathname;

describe('a watched tree', () => {
  it.each(['6.12-03-vfs-semantics', '6.12-05-kmem-blocks'])(
    'has changed after each step of %s as two whole dumps differ',
    name => {
      const scenario = readScenario(GOLDEN + name);
      const { fileSystem } = createRack([{ description: scenarioMachine(scenario), liveKmsg: true }], {
        clock: () => 0n,
        onBug: throwBug,
      });
      const watch = new TreeWatch(fileSystem);
      watch.changes();
      const probe = engineProbe(fileSystem);
      const whole = () => takeDump(new EngineCalls(fileSystem, KERNEL));
      const keys = (before: Dump, after: Dump) => dumpChanges(before, after).map(({ key }) => key);
      let last = whole();
      let changed = 0;
      for (const step of scenario.steps) {
        if (step.op === 'sh') probe.shell(step.cmd!, step.uid);
        else probe.perform(step);
        const known = new Map(last);
        for (const { key, after } of watch.changes()) {
          if (after === undefined) known.delete(key);
          else known.set(key, after);
        }
        const now = whole();
        changed += keys(last, now).length;
        expect({ step: step.seq, stale: keys(now, known) }).toEqual({ step: step.seq, stale: [] });
        last = now;
      }
      expect(changed).toBeGreaterThan(0);
      expect(keys(last, new TreeWatch(fileSystem).dump())).toEqual([]);
    },
  );
});
