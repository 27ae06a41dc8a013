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

const mapping: Chapter = {
  title: 'What programs do with /dev/dax0.0',
  machine: 'default',
  steps: [
    { say: 'device_dax lets programs map it:', run: 'echo dax0.0 > sys/bus/dax/drivers/kmem/unbind' },
    { say: '', run: 'echo dax0.0 > sys/bus/dax/drivers/device_dax/new_id' },
    {
      say: 'A simulated process maps 4 MiB ...',
      run: 'echo mmap dax0.0 4194304 > sys/kernel/debug/daxsim/mappings',
    },
    {
      say: '... and stores: one fault of 2 MiB.',
      run: 'echo store 0 0 hello > sys/kernel/debug/daxsim/mappings',
    },
    { say: '', run: 'cat sys/kernel/debug/daxsim/mappings' },
    {
      say: 'A length off the alignment is refused:',
      run: 'echo mmap dax0.0 4096 > sys/kernel/debug/daxsim/mappings',
    },
    { say: '', run: 'cat sys/kernel/debug/daxsim/log | tail -n 1' },
  ],
};

const unaddressable: Chapter = {
  title: 'Memory that no CPU can address',
  machine: 'default',
  steps: [
    {
      say: 'The HMM test driver, and a device with private memory:',
      run: 'echo test_hmm > sys/kernel/debug/daxsim/modprobe',
    },
    { say: '', run: 'echo private > sys/kernel/debug/daxsim/hmm/create' },
    { say: 'It lies at the top of the physical address space.', run: 'cat proc/iomem | tail -n 2' },
    {
      say: 'A page of a process moves there ...',
      run: 'echo store 0x1000 hello > sys/kernel/debug/daxsim/hmm/process',
    },
    { say: '', run: 'echo migrate 0x1000 1 hmm_dmirror0 > sys/kernel/debug/daxsim/hmm/process' },
    { say: '', run: 'cat sys/kernel/debug/daxsim/hmm/process' },
    {
      say: '... and comes back when a CPU touches it.',
      run: 'echo load 0x1000 > sys/kernel/debug/daxsim/hmm/process',
    },
    { say: '', run: 'cat sys/kernel/debug/daxsim/hmm/process' },
  ],
};

const persistent: Chapter = {
  title: 'Persistent memory: a dax device, and a bad block',
  machine: 'pmem',
  steps: [
    {
      say: 'Take a raw namespace from its disk:',
      run: 'echo namespace0.0 > sys/bus/nd/drivers/nd_pmem/unbind',
    },
    {
      say: 'Claim it for a dax device, page map on the media:',
      run: 'echo pmem > sys/bus/nd/devices/dax0.0/mode',
    },
    { say: '', run: 'echo 2097152 > sys/bus/nd/devices/dax0.0/align' },
    { say: '', run: 'echo 0a1b2c3d-0000-4000-8000-000000000001 > sys/bus/nd/devices/dax0.0/uuid' },
    { say: '', run: 'echo namespace0.0 > sys/bus/nd/devices/dax0.0/namespace' },
    { say: '', run: 'echo dax0.0 > sys/bus/nd/drivers/dax_pmem/bind' },
    { say: 'It is on the dax bus; the page map took 66 MiB.', run: 'cat sys/bus/dax/devices/dax0.0/size' },
    { say: '', run: 'cat proc/iomem | tail -n 8 | head -n 4' },
    { say: 'A byte goes bad:', run: 'echo add 0x300000000 1 > sys/kernel/debug/daxsim/poison' },
    { say: 'The region lists the sector.', run: 'cat sys/bus/nd/devices/region0/badblocks' },
  ],
};

const region: Chapter = {
  title: 'A CXL region becomes a dax device',
  machine: 'cxl',
  steps: [
    {
      say: 'A region in the free window ...',
      run: 'echo region0 > sys/bus/cxl/devices/decoder0.0/create_ram_region',
    },
    { say: '', run: 'echo 256 > sys/bus/cxl/devices/region0/interleave_granularity' },
    { say: '', run: 'echo 1 > sys/bus/cxl/devices/region0/interleave_ways' },
    { say: '', run: 'echo 0x40000000 > sys/bus/cxl/devices/region0/size' },
    { say: '... backed by 1 GiB of the expander:', run: 'echo ram > sys/bus/cxl/devices/decoder2.0/mode' },
    { say: '', run: 'echo 0x40000000 > sys/bus/cxl/devices/decoder2.0/dpa_size' },
    { say: '', run: 'echo decoder2.0 > sys/bus/cxl/devices/region0/target0' },
    {
      say: 'Committed and bound, it is a device of the dax bus:',
      run: 'echo 1 > sys/bus/cxl/devices/region0/commit',
    },
    { say: '', run: 'echo region0 > sys/bus/cxl/drivers/cxl_region/bind' },
    { say: '', run: 'ls sys/bus/dax/devices' },
    { say: '', run: 'cat proc/iomem | tail -n 6' },
  ],
};

/** The main job first; the others with `--all`. */
export const chapters: readonly Chapter[] = [mainJob, carving, mapping, unaddressable, persistent, region];
