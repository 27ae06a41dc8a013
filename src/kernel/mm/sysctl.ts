import { KERN_INFO } from '../base/printk.ts';
import { keptSysctl, registerSysctl, type Sysctl } from '../fs/sysctl-file.ts';
import { isAtLeast } from '../releases/history.ts';
import type { MemoryManagement } from './memory-management.ts';

/** Bit 2 of drop_caches: the log is told no more. */
const DROP_QUIETLY = 4;
const INT_MIN = -(2 ** 31);
const PAGE_KIB = 4;

function command(
  bounds: Pick<Sysctl, 'min' | 'max'>,
  run: (value: number, comm: string, pid: number) => void,
): Sysctl {
  return {
    mode: 0o200,
    ...bounds,
    get: () => 0,
    set: (value, { comm = 'unknown', pid }) => {
      run(value, comm, pid);
      return undefined;
    },
  };
}

/** A setting that the machine obeys. */
function acting(
  get: Sysctl['get'],
  set: (value: number) => void,
  bounds: Pick<Sysctl, 'min' | 'max'> = {},
): Sysctl {
  return {
    mode: 0o644,
    get,
    set: value => {
      set(value);
      return undefined;
    },
    ...bounds,
  };
}

/** The sysctls of mm/ and kernel/sched/ that concern where memory is: `vm` and `kernel/numa_balancing` of /proc/sys. */
export function registerMemorySysctls(memory: MemoryManagement): void {
  const { core, failures, hugePages, nodes, zones } = memory;
  const [small] = hugePages.sizes;
  const nrHugePages: Sysctl = {
    mode: 0o644,
    get: () => small!.total,
    setLong: count => small!.setCount(Number(count)),
  };
  const release = core.profile.name;
  const online = () => nodes.online();
  let quiet = false;
  registerSysctl(core.proc, 'vm', {
    // "mm: compaction: limit illegal input parameters of compact_memory interface", merged for 6.5
    compact_memory: command(isAtLeast(release, '6.5') ? { min: 1, max: 1 } : { min: INT_MIN }, () => {}),
    compaction_proactiveness: keptSysctl(20, 100),
    drop_caches: command({ min: 1, max: 4 }, (value, comm, pid) => {
      if (!quiet) core.printk.print(KERN_INFO, `${comm} (${pid}): drop_caches: ${value}`);
      quiet ||= value === DROP_QUIETLY;
    }),
    ...(isAtLeast(release, '6.11') && {
      enable_soft_offline: acting(
        () => Number(failures.softOfflineEnabled),
        value => {
          failures.softOfflineEnabled = value === 1;
        },
        { max: 1 },
      ),
    }),
    extfrag_threshold: keptSysctl(500, 1000),
    memory_failure_early_kill: keptSysctl(0, 1),
    memory_failure_recovery: keptSysctl(1, 1),
    min_free_kbytes: acting(
      () => zones.minFree * PAGE_KIB,
      kib => zones.setMinFree(Math.floor(kib / PAGE_KIB), online),
    ),
    min_slab_ratio: keptSysctl(5, 100),
    min_unmapped_ratio: keptSysctl(1, 100),
    nr_hugepages: nrHugePages,
    nr_hugepages_mempolicy: nrHugePages,
    nr_overcommit_hugepages: {
      mode: 0o644,
      get: () => small!.overcommit,
      setLong: count => {
        small!.overcommit = count;
      },
    },
    numa_stat: keptSysctl(1, 1),
    swappiness: keptSysctl(60, isAtLeast(release, '5.8') ? 200 : 100),
    watermark_boost_factor: keptSysctl(15000),
    watermark_scale_factor: acting(
      () => zones.watermarkScaleFactor,
      factor => zones.setWatermarkScaleFactor(factor, online),
      { min: 1, max: isAtLeast(release, '5.18') ? 3000 : 1000 },
    ),
    zone_reclaim_mode: keptSysctl(0),
  });
  const balancing = keptSysctl(nodes.online().length > 1 ? 1 : 0, isAtLeast(release, '5.18') ? 4 : 1);
  registerSysctl(core.proc, 'kernel', {
    numa_balancing: { ...balancing, privileged: true },
    ...(isAtLeast(release, '6.1') && { numa_balancing_promote_rate_limit_MBps: keptSysctl(65536) }),
  });
}
