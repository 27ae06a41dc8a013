/** A step of the demonstration: what it shows, and the shell command that shows it, in the directory of the mount. */
export interface Step {
  readonly says: string;
  readonly command: string;
}

export interface Chapter {
  readonly title: string;
  /** The preset that it is shown on. */
  readonly machine: string;
  readonly steps: readonly Step[];
}

const DAX = 'sys/bus/dax/devices/dax0.0';
const DRIVERS = 'sys/bus/dax/drivers';
const MEMORY = 'sys/devices/system/memory';
const CONTROL = 'sys/kernel/debug/daxsim';

/** The main job: a range of memory as a device, and back as ordinary RAM. */
export const mainJob: Chapter = {
  title: 'Memory as a device, and back',
  machine: 'default',
  steps: [
    {
      says: 'A soft-reserved range became a dax device',
      command: `grep . ${DAX}/size ${DAX}/target_node ${DAX}/modalias`,
    },
    { says: 'Since Linux 6.3 kmem has it: it is RAM already', command: `readlink ${DAX}/driver` },
    {
      says: 'Take it back: nothing is online yet, so it goes',
      command: `echo dax0.0 > ${DRIVERS}/kmem/unbind`,
    },
    { says: 'The range belongs to nobody now', command: 'grep 2ffffffff proc/iomem' },
    {
      says: 'Raw access: give it to device_dax, by id',
      command: `echo dax0.0 > ${DRIVERS}/device_dax/new_id`,
    },
    { says: 'A character device to map', command: `readlink ${DAX}/driver; cat ${DAX}/dev` },
    { says: 'Back again: away from device_dax', command: `echo dax0.0 > ${DRIVERS}/device_dax/remove_id` },
    {
      says: '(a device is bound to one driver at a time)',
      command: `echo dax0.0 > ${DRIVERS}/device_dax/unbind`,
    },
    { says: '... and to kmem', command: `echo dax0.0 > ${DRIVERS}/kmem/bind` },
    { says: 'A block of it can go to two zones', command: `cat ${MEMORY}/memory80/valid_zones` },
    { says: 'Online it, movable', command: `echo online_movable > ${MEMORY}/memory80/state` },
    { says: 'It is in the address map ...', command: 'grep 2ffffffff proc/iomem' },
    { says: '... and in its node', command: 'grep MemTotal sys/devices/system/node/node2/meminfo' },
    { says: 'What the simulated kernel said of it', command: `tail -n 3 ${CONTROL}/log` },
    {
      says: 'The mistake that costs a reboot: unbind while a block is online',
      command: `echo dax0.0 > ${DRIVERS}/kmem/unbind`,
    },
    { says: 'It is refused in the log only', command: `tail -n 2 ${CONTROL}/log` },
    { says: 'A reboot takes no time here', command: `echo 1 > ${CONTROL}/reset` },
    { says: 'All as it was', command: `readlink ${DAX}/driver; cat ${MEMORY}/memory80/state` },
  ],
};

/** What `--all` shows besides. */
export const moreChapters: readonly Chapter[] = [
  {
    title: 'One region, carved into devices',
    machine: 'default',
    steps: [
      { says: 'Only an unbound device can shrink', command: `echo dax0.0 > ${DRIVERS}/kmem/unbind` },
      { says: 'Half of it', command: `echo 0x40000000 > ${DAX}/size` },
      { says: 'The rest is free', command: 'cat sys/devices/platform/hmem.0/dax_region/available_size' },
      { says: 'Another device', command: 'echo 1 > sys/devices/platform/hmem.0/dax_region/create' },
      { says: 'Its name', command: 'cat sys/devices/platform/hmem.0/dax_region/create' },
      { says: 'Its size', command: 'echo 0x20000000 > sys/bus/dax/devices/dax0.1/size' },
      {
        says: 'Where it lies',
        command: 'grep . sys/bus/dax/devices/dax0.1/mapping0/start sys/bus/dax/devices/dax0.1/mapping0/end',
      },
    ],
  },
  {
    title: 'The contents of a device',
    machine: 'default',
    steps: [
      { says: 'Raw access first', command: `echo dax0.0 > ${DRIVERS}/kmem/unbind` },
      { says: 'By id', command: `echo dax0.0 > ${DRIVERS}/device_dax/new_id` },
      { says: 'Its memory is a file that programs can map', command: `ls ${CONTROL}/mem` },
      { says: 'Bytes go in', command: `echo hello > ${CONTROL}/mem/dax0.0` },
      { says: '... and stay', command: `head -n 1 ${CONTROL}/mem/dax0.0` },
    ],
  },
  {
    title: 'Persistent memory',
    machine: 'legacy-pmem',
    steps: [
      { says: 'A region of the nd bus', command: 'cat sys/bus/nd/devices/region0/size' },
      { says: 'Its namespace, as the firmware left it', command: 'cat sys/bus/nd/devices/namespace0.0/mode' },
    ],
  },
  {
    title: 'A CXL memory expander',
    machine: 'cxl',
    steps: [
      { says: 'The decoders and regions of the cxl bus', command: 'ls sys/bus/cxl/devices' },
      { says: 'What became of it', command: 'ls sys/bus/dax/devices' },
      { says: 'The windows in the address map', command: 'grep -A 2 CXL proc/iomem' },
    ],
  },
  {
    title: 'Memory that the CPU cannot address',
    machine: 'default',
    steps: [
      { says: 'The kernel has a test driver for it', command: `echo test_hmm > ${CONTROL}/modprobe` },
      { says: 'Its controls', command: `ls ${CONTROL}/hmm` },
    ],
  },
];
