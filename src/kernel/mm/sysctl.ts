import { KERN_INFO } from '../base/printk.ts';
import { keptSysctl, registerSysctl, type Sysctl } from '../fs/sysctl-file.ts';
import { isAtLeast } from '../releases/history.ts';
import type { MemoryManagement } from './memory-management.ts';

const ULONG = Number.MAX_SAFE_INTEGER;

function command(max: number, run: (value: number, comm: string, pid: number) => void): Sysctl {
  return {
    mode: 0o200,
    min: 1,
    max,
    get: () => 0,
    set: (value, { comm = 'unknown', pid }) => {
      run(value, comm, pid);
      return undefined;
    },
  };
}

/** The sysctls of mm/ and kernel/sched/ that concern where memory is: `vm` and `kernel/numa_balancing` of /proc/sys. */
export function registerMemorySysctls(memory: MemoryManagement): void {
  const { core, hugePages, nodes } = memory;
  const [small] = hugePages.sizes;
  const nrHugePages: Sysctl = {
    mode: 0o644,
    max: ULONG,
    get: () => small!.total,
    set: count => {
      small!.setCount(count);
      return undefined;
    },
  };
  const release = core.profile.name;
  registerSysctl(core.proc, 'vm', {
    compact_memory: command(1, () => {}),
    compaction_proactiveness: keptSysctl(20, 100),
    drop_caches: command(4, (value, comm, pid) => {
      if (value < 4) core.printk.print(KERN_INFO, `${comm} (${pid}): drop_caches: ${value}`);
    }),
    extfrag_threshold: keptSysctl(500, 1000),
    memory_failure_early_kill: keptSysctl(0, 1),
    memory_failure_recovery: keptSysctl(1, 1),
    min_slab_ratio: keptSysctl(5, 100),
    min_unmapped_ratio: keptSysctl(1, 100),
    nr_hugepages: nrHugePages,
    nr_hugepages_mempolicy: nrHugePages,
    nr_overcommit_hugepages: {
      mode: 0o644,
      max: ULONG,
      get: () => small!.overcommit,
      set: count => {
        small!.overcommit = BigInt(count);
        return undefined;
      },
    },
    numa_stat: keptSysctl(1, 1),
    swappiness: keptSysctl(60, isAtLeast(release, '5.8') ? 200 : 100),
    watermark_boost_factor: keptSysctl(15000),
    watermark_scale_factor: keptSysctl(10, isAtLeast(release, '5.18') ? 3000 : 1000, 1),
    zone_reclaim_mode: keptSysctl(0),
  });
  const balancing = keptSysctl(nodes.online().length > 1 ? 1 : 0, isAtLeast(release, '5.18') ? 3 : 1);
  registerSysctl(core.proc, 'kernel', {
    numa_balancing: { ...balancing, privileged: true },
    ...(isAtLeast(release, '6.1') && { numa_balancing_promote_rate_limit_MBps: keptSysctl(65536) }),
  });
}
