import { describe, expect, it } from 'vitest';
import { KERNEL } from '../../../src/kernel/fs/file-system.ts';
import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import { createRack } from '../../../src/machine/rack.ts';
import { type Dump, dumpChanges, takeDump } from '../../../src/replay/compare/dump.ts';
import { engineProbe } from '../../../src/replay/engine/engine-system.ts';
import { TreeWatch } from '../../../src/replay/engine/tree-watch.ts';
import { readScenario } from '../../../src/replay/scenario.ts';
import { scenarioMachine } from '../../../src/replay/scenario-machine.ts';
import { EngineCalls } from '../../../src/user/calls/engine-calls.ts';

const GOLDEN = new URL('../../golden/', import.meta.url).pathname;

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
