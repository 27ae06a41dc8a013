import { execFileSync } from 'node:child_process';
import type { Inode } from '../../src/kernel/fs/file-system.ts';
import type { MachineSpec } from '../../src/machine/schema.ts';
import type { Benchmark, Conditions } from './benchmark.ts';
import { realBlockCount, startMachine } from './contenders.ts';
import { type Figure, median } from './figures.ts';
import { describeMachine, InProcessMachine, spent } from './in-process.ts';
import { type Placement, placed, placements } from './placement.ts';
import { Programs } from './programs.ts';
import { residentMegabytes, type Workspace } from './workspace.ts';

/** The largest machine, and the same at a fourth and a sixteenth. */
const FACTORS = [
  { label: '1x', node: '1TiB', total: '4 TiB', device: '64GiB' },
  { label: '4x', node: '4TiB', total: '16 TiB', device: '256GiB' },
  { label: '16x', node: '16TiB', total: '64 TiB', device: '1TiB' },
] as const;

/** Blocks of 128 MiB in the machine of 4 TiB. */
const SMALLEST_BLOCKS = 32_768;
const RANGE_BYTES = 2 << 20;
const RANGES_PER_DEVICE = 10;

type Factor = (typeof FACTORS)[number];

function changes({ node, device }: Factor): Partial<MachineSpec> {
  const sockets = Array.from({ length: 4 }, () => ({ cpus: 64, ram: node }));
  return {
    nodes: [...sockets, {}],
    soft_reserved: [{ size: device, node: 4 }],
  };
}

async function bootToMounted(workspace: Workspace, quick: boolean): Promise<Figure[]> {
  const programs = new Programs(workspace);
  const figures: Figure[] = [];
  for (const factor of FACTORS) {
    const last = factor.label === '16x';
    const ready: number[] = [];
    const resident: number[] = [];
    for (let round = 0; round < (quick ? 1 : 5); round++) {
      const server = await startMachine(workspace, programs, {
        mountpoint: workspace.mountpoint(`boot-${factor.label}-${round}`),
        transport: 'devfuse',
        cache: false,
        preset: 'big',
        changes: changes(factor),
      });
      ready.push(server.readyMs);
      resident.push(residentMegabytes(server.child));
      await server.stop();
    }
    figures.push(
      {
        what: `${factor.label}: ${factor.total} from process start to mounted`,
        value: median(ready),
        unit: 'ms',
        ...(last ? { goal: { atMost: 1000 } } : {}),
      },
      {
        what: `${factor.label}: ${factor.total} resident memory`,
        value: median(resident),
        unit: 'MB',
        ...(last ? { goal: { atMost: 150 } } : {}),
      },
    );
  }
  return figures;
}

/** In the engine: boot, and binding a device to kmem whose blocks come online by themselves. */
function bind(quick: boolean): Figure[] {
  return FACTORS.flatMap(factor => {
    const rounds = Array.from({ length: quick ? 1 : 5 }, () => {
      let machine: InProcessMachine | undefined;
      const boot = spent(() => {
        machine = new InProcessMachine(describeMachine('big', changes(factor)));
      });
      machine!.writeText('sys/bus/dax/drivers/kmem/unbind', 'dax0.0');
      machine!.writeText('sys/devices/system/memory/auto_online_blocks', 'online');
      const bound = spent(() => machine!.writeText('sys/bus/dax/drivers/kmem/bind', 'dax0.0'));
      return { boot, bound };
    });
    const goal = factor.label === '16x' ? { goal: { atMost: 100 } } : {};
    return [
      {
        what: `${factor.label}: boot in the engine`,
        value: median(rounds.map(({ boot }) => boot)),
        unit: 'ms',
      },
      {
        what: `${factor.label}: bind ${factor.device} to kmem, auto-online`,
        value: median(rounds.map(({ bound }) => bound)),
        unit: 'ms',
        ...goal,
      },
    ] satisfies Figure[];
  });
}

/** What lsmem(1) needs for each block, its own start left out. */
function lsmem(placement: Placement, sysroot: string, blocks: number, quick: boolean): number {
  const [program, ...first] = placement.client(['lsmem']);
  const run = (args: readonly string[]): number =>
    spent(() => void execFileSync(program, [...first, ...args], { stdio: 'ignore', timeout: 120_000 }));
  // The first time everything is looked up.
  if (!quick) run(['--sysroot', sysroot]);
  const rounds = Array.from({ length: quick ? 1 : 5 }, () => {
    return run(['--sysroot', sysroot, '--bytes']) - run(['--version']);
  });
  return (median(rounds) * 1000) / blocks;
}

async function lsmemPerBlock({ workspace, quick }: Conditions): Promise<Figure[]> {
  const programs = new Programs(workspace);
  const figures: Figure[] = [];
  const goals = [
    { cache: true, goal: { atMost: 2 } },
    { cache: false, goal: { atMost: 6 } },
  ];
  const blocks = realBlockCount();
  for (const { cache, goal } of goals) {
    const mountpoint = workspace.mountpoint(`lsmem-${cache}`);
    const server = await startMachine(workspace, programs, {
      mountpoint,
      transport: 'devfuse',
      cache,
      preset: 'big',
      changes: changes(FACTORS[0]),
    });
    for (const placement of placements()) {
      placement.pinServer(server.child.pid!);
      const real = lsmem(placement, '/', blocks, quick);
      const simulated = lsmem(placement, mountpoint, SMALLEST_BLOCKS, quick);
      const name = `lsmem over ${FACTORS[0].total}${cache ? ' with --cache' : ''}`;
      const what = (text: string) => placed(`${text}, per block`, placement);
      figures.push(
        { what: what(`${name} / real machine`), value: simulated / real, unit: 'x', goal },
        { what: what(name), value: simulated, unit: 'us' },
        { what: what('lsmem on the real machine'), value: real, unit: 'us' },
      );
    }
    await server.stop();
  }
  return figures;
}

/** A region with 1,000 devices, grown by turns so that none has two adjacent ranges. */
function manyRanges(quick: boolean): Figure[] {
  const devices = quick ? 100 : 1000;
  const machine = new InProcessMachine(describeMachine('big', { modules: ['dax_hmem'] }));
  const region = 'sys/devices/platform/hmem.0';
  machine.writeText(`${region}/dax0.0/size`, '0');
  for (let i = 1; i < devices; i++) machine.writeText(`${region}/dax_region/create`, '1');
  const sizes = Array.from({ length: devices }, (_, i) => machine.find(`${region}/dax0.${i}/size`));
  const grow = (inode: Inode, ranges: number) =>
    machine.write(inode, Buffer.from(`${ranges * RANGE_BYTES}\n`));
  const perGrowth = Array.from({ length: RANGES_PER_DEVICE }, (_, turn) => {
    const ms = spent(() => {
      for (const inode of sizes) grow(inode, turn + 1);
    });
    return (ms * 1000) / devices;
  });
  const count = devices * RANGES_PER_DEVICE;
  return [
    {
      what: `one more range in a region with ${devices} devices, the first`,
      value: perGrowth[0]!,
      unit: 'us',
    },
    { what: `the same with ${count} ranges allocated`, value: perGrowth.at(-1)!, unit: 'us' },
  ];
}

export const scale: Benchmark = {
  name: 'scale',
  title: 'machines of 4, 16 and 64 TiB in blocks of 128 MiB',
  async run(conditions: Conditions) {
    const { workspace, quick } = conditions;
    const notes: string[] = [];
    let perBlock: Figure[] = [];
    try {
      perBlock = await lsmemPerBlock(conditions);
    } catch (error) {
      notes.push(`without lsmem: ${(error as Error).message.split('\n')[0]}`);
    }
    return {
      figures: [
        ...perBlock,
        ...(await bootToMounted(workspace, quick)),
        ...bind(quick),
        ...manyRanges(quick),
      ],
      notes,
    };
  },
};
