export interface Step {
  /** What a reader should look at. */
  readonly say: string;
  /** A shell command, run in the root of the machine's files; simple enough for the engine's own shell. */
  readonly run: string;
}

export interface Chapter {
  readonly title: string;
  /** A machine known by name. */
  readonly machine: string;
  readonly steps: readonly Step[];
}

const mainJob: Chapter = {
  title: 'Soft-reserved memory: a device, ordinary memory, and back',
  machine: 'default',
  steps: [
    { say: 'The firmware set two ranges apart; each became a device.', run: 'ls sys/bus/dax/devices' },
    {
      say: 'dax0.0 has 2 GiB, would be NUMA node 2 ...',
      run: 'cat sys/bus/dax/devices/dax0.0/size sys/bus/dax/devices/dax0.0/target_node',
    },
    { say: '... and kmem made it hot-added memory.', run: 'readlink sys/bus/dax/devices/dax0.0/driver' },
    { say: 'Take it out of the memory again:', run: 'echo dax0.0 > sys/bus/dax/drivers/kmem/unbind' },
    {
      say: 'Give it to device_dax, for programs to map:',
      run: 'echo dax0.0 > sys/bus/dax/drivers/device_dax/new_id',
    },
    { say: 'It is /dev/dax0.0 now.', run: 'readlink sys/bus/dax/devices/dax0.0/driver' },
    { say: 'Hand it back to kmem:', run: 'echo dax0.0 > sys/bus/dax/drivers/device_dax/remove_id' },
    { say: '', run: 'echo dax0.0 > sys/bus/dax/drivers/device_dax/unbind' },
    { say: '', run: 'echo dax0.0 > sys/bus/dax/drivers/kmem/bind' },
    {
      say: 'Its memory blocks are there and offline; bring one online:',
      run: 'cat sys/devices/system/memory/memory80/state sys/devices/system/memory/memory80/valid_zones',
    },
    { say: '', run: 'echo online_movable > sys/devices/system/memory/memory80/state' },
    {
      say: '',
      run: 'cat sys/devices/system/memory/memory80/state sys/devices/system/memory/memory80/valid_zones',
    },
    { say: 'The physical address space shows who owns what:', run: 'cat proc/iomem | tail -n 7' },
    { say: 'Node 2 came up with 128 MiB:', run: 'cat sys/devices/system/node/node2/meminfo | head -n 1' },
    {
      say: 'Unbound with a block online, the memory stays until the next reboot:',
      run: 'echo dax0.0 > sys/bus/dax/drivers/kmem/unbind',
    },
    { say: 'The simulated kernel log says why:', run: 'cat sys/kernel/debug/daxsim/log | tail -n 2' },
    { say: 'Such a reboot takes no time:', run: 'echo 1 > sys/kernel/debug/daxsim/reset' },
    { say: '', run: 'cat sys/devices/system/node/node2/meminfo | head -n 1' },
  ],
};

const carving: Chapter = {
  title: 'Carve one region into two devices',
  machine: 'default',
  steps: [
    {
      say: 'A device shrinks only when nobody drives it:',
      run: 'echo dax0.0 > sys/bus/dax/drivers/kmem/unbind',
    },
    { say: '', run: 'echo 1073741824 > sys/bus/dax/devices/dax0.0/size' },
    {
      say: 'The rest of the region is free:',
      run: 'cat sys/devices/platform/hmem.0/dax_region/available_size',
    },
    { say: 'Make a second device of it:', run: 'echo 1 > sys/devices/platform/hmem.0/dax_region/create' },
    { say: '', run: 'echo 1073741824 > sys/bus/dax/devices/dax0.1/size' },
    { say: 'Its place in the address space:', run: 'cat sys/bus/dax/devices/dax0.1/mapping0/start' },
    { say: 'A size must fit the alignment (EINVAL):', run: 'echo 1000 > sys/bus/dax/devices/dax0.1/size' },
    { say: 'and the region (ENOSPC):', run: 'echo 1099511627776 > sys/bus/dax/devices/dax0.1/size' },
  ],
};

/** The main job first; the others with `--all`. */
export const chapters: readonly Chapter[] = [mainJob, carving];
