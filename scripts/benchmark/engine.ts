import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Benchmark } from './benchmark.ts';
import { BLOCK_STATE, DAX_SIZE } from './contenders.ts';
import { type Figure, median } from './figures.ts';
import type { GoldenReplay } from './golden-replay.ts';
import { describeMachine, InProcessMachine, spent } from './in-process.ts';
import { exists } from './workspace.ts';

const ROUNDS = 7;
const REPLAYS = 5;
const RECORDINGS = fileURLToPath(
  new URL(`${import.meta.url.includes('/dist/') ? '../' : ''}../../test/golden`, import.meta.url),
);

/** How often per second, the median of some rounds of which the first is left out. */
function perSecond(count: number, run: (i: number) => void): number {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const ms = spent(() => {
      for (let i = 0; i < count; i++) run(i);
    });
    return (count / ms) * 1000;
  });
  return median(rounds.slice(1));
}

function callsPerSecond(quick: boolean): Figure[] {
  const machine = new InProcessMachine(describeMachine('default'));
  const count = quick ? 20_000 : 200_000;
  const state = machine.find(BLOCK_STATE.replace('bus/memory/devices', 'devices/system/memory'));
  const read = perSecond(count, () => machine.read(state));
  machine.writeText('sys/bus/dax/drivers/kmem/unbind', 'dax0.0');
  const size = machine.find(DAX_SIZE.replace('bus/dax/devices', 'devices/platform/hmem.0'));
  const align = machine.find('sys/devices/platform/hmem.0/dax0.0/align');
  const aligns = ['4096\n', '2097152\n'].map(text => Buffer.from(text));
  const sizes = ['1073741824\n', '2147483648\n'].map(text => Buffer.from(text));
  const states = ['offline\n', 'online\n'].map(text => Buffer.from(text));
  return [
    { what: 'reads of state', value: read, unit: '/s', goal: { atLeast: 1_000_000 } },
    {
      what: 'stores to align',
      value: perSecond(count / 4, i => machine.write(align, aligns[i % 2]!)),
      unit: '/s',
      goal: { atLeast: 200_000 },
    },
    {
      what: 'stores to size (grow and shrink by 1 GiB)',
      value: perSecond(count / 4, i => machine.write(size, sizes[i % 2]!)),
      unit: '/s',
      goal: { atLeast: 200_000 },
    },
    {
      what: 'stores to state (128 MiB offline and online)',
      value: perSecond(count / 4, i => machine.write(state, states[i % 2]!)),
      unit: '/s',
      goal: { atLeast: 200_000 },
    },
  ];
}

function goldenReplay(quick: boolean): Figure[] {
  const program = fileURLToPath(new URL('golden-replay.js', import.meta.url));
  const replay = () =>
    JSON.parse(execFileSync(process.execPath, [program, RECORDINGS], { encoding: 'utf8' })) as GoldenReplay;
  const replays = Array.from({ length: quick ? 1 : REPLAYS }, replay);
  const { recordings, steps } = replays[0]!;
  const wallMs = median(replays.map(({ wallMs }) => wallMs));
  const cpuMs = median(replays.map(({ cpuMs }) => cpuMs));
  return [
    {
      what: `replay of ${recordings} recordings without programs`,
      value: wallMs,
      unit: 'ms',
      goal: { atMost: 2000 },
    },
    { what: 'the same, CPU time of all threads', value: cpuMs, unit: 'ms' },
    { what: 'steps replayed', value: (steps / wallMs) * 1000, unit: '/s' },
  ];
}

export const engine: Benchmark = {
  name: 'engine',
  title: 'the engine alone, without a mount, on one core',
  async run({ quick }) {
    const figures = callsPerSecond(quick);
    if (!exists(RECORDINGS)) return { figures, notes: ['no recordings here to replay'] };
    return { figures: [...figures, ...goldenReplay(quick)], notes: [] };
  },
};
