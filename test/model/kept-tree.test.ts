import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chapters } from '../../src/cli/demo/chapters.ts';
import { presetMachine } from '../../src/machine/presets/index.ts';
import { createRack } from '../../src/machine/rack.ts';
import { KeptTree } from './kept-tree.ts';
import { Shell } from './shell.ts';

const MODULES = ['device_dax', 'kmem', 'dax_hmem', 'dax_pmem', 'dax_cxl', 'nd_pmem', 'cxl_mem', 'test_hmm'];
const TEXTS = ['0', '1', '2', '256', '4096', '1073741824', 'ram', 'pmem', 'raw', 'auto', 'enabled', '\n'];

interface Write {
  readonly path: string;
  readonly text: string;
}

/** What the demonstrations write on a machine, in their order: the long way to devices that random writes do not find. */
function demonstrated(machine: string): Write[] {
  return chapters
    .filter(chapter => chapter.machine === machine)
    .flatMap(({ steps }) => steps)
    .flatMap(({ run }) => {
      const [, text, path] = /^echo (.*) > (\S+)$/.exec(run) ?? [];
      return text && path && !path.endsWith('/reset') ? [{ path: `/${path}`, text }] : [];
    });
}

/** A write that makes sense somewhere, made of what the machine has at that time; `choices` say which. */
type Disturbance = (shell: Shell, pick: <T>(from: readonly T[]) => T | undefined) => Write;

const busPath = (shell: Shell, pick: Parameters<Disturbance>[1]) =>
  `/sys/bus/${pick(shell.list('/sys/bus').filter(name => /^(dax|nd|cxl|platform)$/.test(name)))}`;

const disturbances: readonly Disturbance[] = [
  (_shell, pick) => ({
    path: `/sys/kernel/debug/daxsim/${pick(['modprobe', 'rmmod'])}`,
    text: pick(MODULES)!,
  }),
  (_shell, pick) => ({
    path: '/sys/devices/system/memory/auto_online_blocks',
    text: pick(['online', 'online_movable', 'offline'])!,
  }),
  (shell, pick) => ({
    path: `/sys/devices/system/memory/${pick(shell.list('/sys/devices/system/memory').filter(name => /^memory\d/.test(name)))}/state`,
    text: pick(['online', 'online_movable', 'offline', 'online_kernel'])!,
  }),
  (shell, pick) => {
    const bus = busPath(shell, pick);
    const driver = pick(shell.list(`${bus}/drivers`));
    return {
      path: `${bus}/drivers/${driver}/${pick(['bind', 'unbind'])}`,
      text: pick(shell.list(`${bus}/devices`)) ?? '',
    };
  },
  (shell, pick) => {
    const devices = `${busPath(shell, pick)}/devices`;
    const device = `${devices}/${pick(shell.list(devices))}`;
    return {
      path: `${device}/${pick(shell.list(device))}`,
      text: pick([...TEXTS, ...shell.list(devices)])!,
    };
  },
];

describe.each(['default', 'pmem', 'cxl'])('machine %s', machine => {
  it('reports whatever changes of that which a kernel may keep', { timeout: 120_000 }, () => {
    const choice = fc.infiniteStream(fc.nat());
    fc.assert(
      fc.property(choice, fc.integer({ min: 1, max: 40 }), (choices, disturbed) => {
        const next = () => choices.next().value!;
        const pick = <T>(from: readonly T[]) => from[next() % from.length];
        let now = 0n;
        const description = presetMachine(machine)!;
        const { fileSystem } = createRack([{ description }], { clock: () => (now += 1000n), onBug: fail });
        const shell = new Shell(fileSystem);
        const kept = new KeptTree(fileSystem);
        const write = ({ path, text }: Write) => {
          const result = shell.write(path, text);
          expect(kept.outdated(), `after echo ${text} > ${path}: ${result}`).toEqual([]);
        };
        const disturb = () => write(pick(disturbances)!(shell, pick));
        for (const step of demonstrated(machine)) {
          write(step);
          while (next() % 3 > 0) disturb();
        }
        for (let i = 0; i < disturbed; i++) disturb();
      }),
      { numRuns: 6 },
    );
  });
});

function fail(error: unknown): never {
  throw error;
}
