import type { Benchmark, Conditions } from './benchmark.ts';
import { startMachine } from './contenders.ts';
import type { Figure } from './figures.ts';
import { Programs } from './programs.ts';
import { residentMegabytes } from './workspace.ts';

const MACHINES = 1000;

export const rack: Benchmark = {
  name: 'rack',
  title: `${MACHINES} machines side by side in one process`,
  async run({ workspace }: Conditions) {
    const programs = new Programs(workspace);
    const measure = async (count: number) => {
      const server = await startMachine(workspace, programs, {
        mountpoint: workspace.mountpoint(`rack-${count}`),
        transport: 'devfuse',
        cache: false,
        preset: 'default',
        count,
      });
      const resident = residentMegabytes(server.child);
      await server.stop();
      return { resident, readyMs: server.readyMs };
    };
    const [one, all] = [await measure(1), await measure(MACHINES)];
    const perMachine = (all.resident - one.resident) / (MACHINES - 1);
    const figures: Figure[] = [
      { what: 'memory per idle machine', value: perMachine * 1024, unit: 'kB', goal: { atMost: 1024 } },
      { what: 'resident, 1 machine', value: one.resident, unit: 'MB' },
      { what: `resident, ${MACHINES} machines`, value: all.resident, unit: 'MB' },
      { what: `${MACHINES} machines, from process start to mounted`, value: all.readyMs, unit: 'ms' },
    ];
    return { figures, notes: [] };
  },
};
