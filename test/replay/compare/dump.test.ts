import { describe, expect, it } from 'vitest';
import { KERNEL } from '../../../src/kernel/fs/file-system.ts';
import { takeDump, zones } from '../../../src/replay/compare/dump.ts';
import { readScenario } from '../../../src/replay/scenario.ts';
import { EngineCalls } from '../../../src/user/calls/engine-calls.ts';
import { recordedTree } from '../recorded-tree.ts';

const GOLDEN = new URL('../../golden/', import.meta.url).pathname;

describe('a dump', () => {
  it.each(['6.12-02-driver-attrs', '6.1-09a-pmem-labels', '6.12-11-hmat'])(
    'of the tree of %s has its lines',
    name => {
      const { dumps } = readScenario(GOLDEN + name);
      for (const recorded of dumps.values()) {
        // Directories that the recorder left out are missing in the tree, so it has other link counts.
        const shown = (lines: Iterable<string>) =>
          [...lines].map(line => line.replace(/ nlink=\d+/, '')).sort();
        const ours = takeDump(new EngineCalls(recordedTree(recorded), KERNEL));
        expect(shown(ours.values())).toEqual(shown(recorded.values()));
      }
    },
  );

  it('names only the zones that have memory', () => {
    const text = [
      'Node 2, zone   Normal',
      '  per-node stats',
      '      nr_free_pages 7',
      '  pages free     7',
      '        spanned  524288',
      '        present  524288',
      '        managed  524000',
      '  node_unreclaimable:  0',
      '  start_pfn:           1572864',
      'Node 2, zone  Movable',
      '  pages free     0',
      '        spanned  0',
      '        present  0',
      '        managed  0',
      '        protection: (0, 0)',
      '',
    ].join('\n');
    expect([...zones(text)]).toEqual([
      'Node 2, zone   Normal spanned 524288 present 524288 managed 524000 start_pfn 1572864',
    ]);
  });
});
