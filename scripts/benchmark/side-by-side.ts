import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Conditions } from './benchmark.ts';
import { BLOCK_STATE, type Contender, type ContenderName, DAX_SIZE, startContender } from './contenders.ts';
import { type Figure, median } from './figures.ts';
import { placed, placements } from './placement.ts';
import { Programs } from './programs.ts';
import { letSignalsIn, ratio, runClient, type Sampled, sideBySide, type Task, time } from './sampling.ts';

const CLIENTS = 16;

interface Field {
  readonly contenders: readonly Contender[];
  readonly programs: Programs;
  readonly notes: readonly string[];
}

/** Runs with all contenders that can be started, and ends them. */
async function withContenders(
  names: readonly ContenderName[],
  { workspace }: Conditions,
  run: (field: Field) => Promise<Figure[]>,
): Promise<{ figures: Figure[]; notes: readonly string[] }> {
  const programs = new Programs(workspace);
  const contenders: Contender[] = [];
  const notes: string[] = [];
  try {
    for (const name of names) {
      try {
        contenders.push(await startContender(name, workspace, programs));
      } catch (error) {
        notes.push(`without ${name}: ${(error as Error).message}`);
      }
    }
    return { figures: await run({ contenders, programs, notes }), notes };
  } finally {
    for (const contender of contenders) await contender.stop();
  }
}

/** Measures tasks of all contenders, with each placement of server and client: some ratios, then all times. */
async function inEachPlacement(
  { contenders, programs }: Field,
  { quick }: Conditions,
  tasks: readonly Task[],
  ratiosOf: (of: (name: string) => Sampled | undefined) => Figure[],
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const placement of placements()) {
    for (const { pid } of contenders) if (pid !== undefined) placement.pinServer(pid);
    const sampled = await sideBySide(placement.client(programs.client), tasks, quick);
    const measured = [...ratiosOf(name => sampled.find(one => one.name === name)), ...sampled.map(time)];
    figures.push(...measured.map(figure => ({ ...figure, what: placed(figure.what, placement) })));
  }
  return figures;
}

function readingBlockState({ contenders }: Field): Task[] {
  return contenders.map(({ name, root }) => {
    return { name, action: 'read', path: join(root, BLOCK_STATE), slow: name === 'fuse-native' };
  });
}

export const attributeRead: Benchmark = {
  name: 'read',
  title: 'open, read and close an attribute by a path of 12 names with a symbolic link in it',
  run: conditions =>
    withContenders(['devfuse', 'C libfuse', 'fuse-native', 'real sysfs'], conditions, field =>
      inEachPlacement(field, conditions, readingBlockState(field), of => [
        ...ratio(of('devfuse'), of('C libfuse'), { atMost: 1.0 }),
        ...ratio(of('devfuse'), of('fuse-native'), { atMost: 0.4 }),
        ...ratio(of('devfuse'), of('real sysfs')),
      ]),
    ),
};

export const attributeWrite: Benchmark = {
  name: 'write',
  title: 'open, write and close an attribute that changes state, beside a C program that does nothing',
  run: conditions =>
    withContenders(['devfuse', 'C libfuse', 'fuse-native'], conditions, async field => {
      const tasks: Task[] = [];
      for (const { name, root } of field.contenders) {
        if (name !== 'C libfuse') {
          writeFileSync(join(root, 'sys/bus/dax/devices/dax0.0/driver/unbind'), 'dax0.0');
        }
        const size = { path: join(root, DAX_SIZE), texts: ['1073741824\n', '2147483648\n'] } as const;
        const state = { path: join(root, BLOCK_STATE), texts: ['offline\n', 'online\n'] } as const;
        const slow = name === 'fuse-native';
        tasks.push(
          { name: `${name} size`, action: 'write', ...size, slow },
          { name: `${name} state`, action: 'write', ...state, slow },
          { name: `${name} state, truncating`, action: 'echo', ...state, slow },
        );
      }
      return inEachPlacement(field, conditions, tasks, of => [
        ...ratio(of('devfuse size'), of('C libfuse size'), { atMost: 1.2 }),
        ...ratio(of('devfuse state'), of('C libfuse state'), { atMost: 1.2 }),
        ...ratio(of('devfuse state, truncating'), of('C libfuse state, truncating')),
        ...ratio(of('devfuse size'), of('fuse-native size')),
      ]);
    }),
};

export const manyClients: Benchmark = {
  name: 'clients',
  title: `${CLIENTS} clients read attributes at once`,
  run: conditions =>
    withContenders(['devfuse', 'C libfuse', 'real sysfs'], conditions, async field => {
      const count = conditions.quick ? 1600 : 16000;
      const [program, ...args] = field.programs.client;
      const throughput = ({ root }: Contender): number => {
        const path = join(root, BLOCK_STATE);
        const spent = runClient(program, [...args, 'many', String(count), path, String(CLIENTS)]);
        return count / (Number(spent.readBigUInt64LE(0)) / 1e9);
      };
      const perSecond = field.contenders.map(() => [] as number[]);
      // As in sideBySide, compilers do their work before the first round.
      for (const contender of field.contenders) throughput(contender);
      for (let round = 0; round < (conditions.quick ? 3 : 9); round++) {
        for (const [i, contender] of field.contenders.entries()) {
          perSecond[i]!.push(throughput(contender));
          await letSignalsIn();
        }
      }
      const of = (name: ContenderName) => perSecond[field.contenders.findIndex(one => one.name === name)];
      const [ours, theirs] = [of('devfuse'), of('C libfuse')];
      const ratios: Figure[] =
        ours && theirs
          ? [
              {
                what: 'devfuse / C libfuse, throughput',
                value: median(ours.map((value, i) => value / theirs[i]!)),
                unit: 'x',
                goal: { atLeast: 1.0 },
              },
            ]
          : [];
      return [
        ...ratios,
        ...field.contenders.map(({ name }, i): Figure => {
          return { what: `${name}, reads`, value: median(perSecond[i]!), unit: '/s' };
        }),
      ];
    }),
};

/** The C programs show what is lost to the requests for opening, and what is not. */
const CACHED = ['devfuse --cache', 'C libfuse, kept', 'C libfuse, unopened', 'real sysfs'] as const;

export const cachedRead: Benchmark = {
  name: 'cached',
  title: 'second and later reads of an unchanged attribute with --cache',
  run: conditions =>
    withContenders(CACHED, conditions, field =>
      inEachPlacement(field, conditions, readingBlockState(field), of => [
        ...ratio(of('devfuse --cache'), of('real sysfs'), { atMost: 1.0 }),
        ...ratio(of('devfuse --cache'), of('C libfuse, kept')),
        ...ratio(of('C libfuse, unopened'), of('real sysfs')),
      ]),
    ),
};
