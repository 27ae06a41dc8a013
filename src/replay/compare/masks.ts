/** Where a mask applies: lines of dumps and tree changes, of the kernel log, and of what commands print and reads return. */
export type Field = 'dump' | 'dmesg' | 'text';

export interface Mask {
  readonly fields: readonly Field[];
  readonly pattern: RegExp;
  /** What stands for the match on both sides; without it the whole line is left out. */
  readonly replacement?: string;
  /** Applies only where a file's size is its content's length: page contents are cached. */
  readonly sizedByContent?: true;
  /** Why a simulator cannot know this. */
  readonly reason: string;
}

const RANGE = '[0-9a-f]+-[0-9a-f]+ : ';
const IOMEM = '^((?:/proc/iomem: \\|)?)';

/** Everything that is not compared. Whatever stands in no line of this list has to be equal. */
export const masks: readonly Mask[] = [
  {
    fields: ['dump', 'text'],
    pattern: new RegExp(`${IOMEM} *${RANGE}Kernel (code|rodata|data|bss)$`),
    reason: 'where the kernel image was loaded',
  },
  {
    fields: ['dump', 'text'],
    pattern: new RegExp(
      `${IOMEM} *${RANGE}(PCI |pnp |PNP|IOAPIC|HPET|Local APIC|Video ROM|System ROM|Adapter ROM|` +
        '[0-9a-f]{4}:[0-9a-f]{2}:|virtio|e1000|ahci|xhci|serial|rtc|vga|bochs|efifb|QEMU|fw_cfg)',
    ),
    reason: 'devices of the board that are no memory',
  },
  {
    fields: ['dump', 'text'],
    pattern: new RegExp(`${IOMEM} +(${RANGE}Reserved)$`),
    replacement: '$1$2',
    reason: 'how deep a firmware range lies inside such devices',
  },
  {
    fields: ['dump', 'text'],
    pattern:
      /^((?:\/proc\/modules: \|)?)(9p|9pnet|9pnet_virtio|netfs|fscache|virtio\w*|failover|net_failover)\s+\d+ /,
    reason: 'modules that the recording needed for itself',
  },
  {
    fields: ['dump', 'text'],
    pattern: /( Live )0x[0-9a-f]+/,
    replacement: '$1ADDRESS',
    reason: 'where a module was loaded',
  },
  {
    fields: ['text'],
    pattern: /^([dlcb-][rwxstST-]{9})\s+(\d+)\s+(\S+)\s+(\S+)\s+(\d+(?:, *\d+)?)\s+\w{3}\s+\d+\s+[\d:]+ /,
    replacement: '$1 $2 $3 $4 $5 DATE ',
    reason: 'times, and the column widths of another ls',
  },
  {
    fields: ['text'],
    pattern: /^([cb][rwx-]{9} .*\d,) +(?=\d+ DATE )/,
    replacement: '$1 ',
    reason: 'the same column of a device',
  },
  {
    fields: ['text'],
    sizedByContent: true,
    pattern: /^(-[rwx-]{9} \d+ \S+ \S+) \d+ (?=DATE )/,
    replacement: '$1 SIZE ',
    reason: 'ls does not show the content that a size could be checked against',
  },
  {
    fields: ['text'],
    pattern: /^(Module +Size +Used by).*/,
    replacement: '$1',
    reason: 'taint flags of the recording kernel',
  },
  {
    fields: ['text'],
    pattern: /\bcat: (?:(?:can't open )?'[^']*'|read error|\/\S+): (?=[A-Z])/g,
    replacement: 'cat: ',
    reason: 'how another cat names the file that it cannot read',
  },
  {
    fields: ['dmesg'],
    pattern: /^(\S+ \S+: )\S+(: dax_mmap(?:_prepare)?: )/,
    replacement: '$1COMM$2',
    reason: 'the name of the recording client',
  },
  {
    fields: ['dmesg'],
    pattern: /(unaligned vma \()0x[0-9a-f]+ - 0x[0-9a-f]+/,
    replacement: '$1ADDRESSES',
    reason: 'user addresses (ASLR)',
  },
  {
    fields: ['dmesg'],
    pattern: /^page:[0-9a-f]+ /,
    replacement: 'page:HASH ',
    reason: 'hashed pointers (6.1)',
  },
  {
    fields: ['dmesg'],
    pattern: /^(memmap_init_zone_device initialised \d+ pages in )\d+ms$/,
    replacement: '$1Nms',
    reason: 'how long it took (5.10)',
  },
  {
    fields: ['dmesg'],
    pattern: /^(raw:|head:)( [0-9a-f]{16}){4}$/,
    replacement: '$1',
    reason: 'pointers in a struct page',
  },
  {
    fields: ['dmesg'],
    pattern: /^(WARNING: \S+ at \w+\+).*/,
    replacement: '$1OFFSET',
    reason: 'the same in the words of newer kernels',
  },
  {
    fields: ['dmesg'],
    pattern: /^(page: refcount:0 .* index:)0x[0-9a-f]+ /,
    replacement: '$1VALUE ',
    reason: 'what a slab has in place of an index',
  },
  {
    fields: ['dmesg'],
    pattern: /^(?:ksm )?flags: 0x([0-9a-f]+)[02]40\((?:workingset\|)?(head\|)/,
    replacement: 'flags: 0x$1040($2',
    reason: 'whether a slab was full for a moment, and what its pointers look like',
  },
  {
    fields: ['dmesg'],
    pattern: /^(WARNING: CPU: )\d+( PID: )\d+( at \S+ \w+\+).*/,
    replacement: '$1N$2N$3OFFSET',
    reason: 'CPU, process and code offsets of a WARN splat',
  },
  {
    fields: ['dmesg'],
    pattern:
      /^(Modules linked in:|CPU: |Hardware name:|Tainted:|RIP: |Code: |R[A-Z0-9]{2}: |[FC]S: |CR\d: |PKRU: |Call Trace:| <\/?TASK>| (\? )?[\w.]+\+0x)/,
    reason: 'registers and call stack of a WARN splat',
  },
  {
    fields: ['dmesg'],
    pattern: /^(---\[ end trace) [0-9a-f]+/,
    replacement: '$1',
    reason: 'identifier of a WARN splat',
  },
];

/** Answers of a step that no run of another machine can share. */
export const maskedAnswers: Readonly<Record<string, string>> = {
  f_type: 'the magic number belongs to the mount',
  f_flags: 'so do the mount flags',
  touched: 'a note of the recorder',
};

/** Commands that show the recording's own system; what they did to the machine is compared all the same. */
export const beyondMachine: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^ps$/, reason: 'its processes' },
  { pattern: /\/sys\/kernel\/slab\//, reason: 'what its kernel has allocated' },
  { pattern: /^cat \/proc\/vmstat$/, reason: 'what has run on it' },
  { pattern: /^cat \/proc\/devices$/, reason: 'the drivers of its board' },
  { pattern: /^ls \/sys\/kernel\/mm /, reason: 'what its kernel was configured with' },
  { pattern: /^ls \/sys\/devices\/platform;/, reason: 'the devices of its board' },
  { pattern: /^dmesg \| grep /, reason: 'its boot' },
  { pattern: /^cat \/proc\/zoneinfo$/, reason: 'the marks and page sets of what its boot left' },
  { pattern: /^ls -la \/sys\/bus\/dax \/sys\/bus\/dax\/drivers/, reason: 'how many buses it has' },
];

/** Commands that count the lines after a match, masked ones among them. */
export const showsContext = /\bgrep -A\d/;

/** Commands of which only success or failure counts: ls of another make exits with 2 instead of 1. */
export const looseExit = /(^|[;&|]\s*)ls\s[^;&|]*$/;

/**
 * Events of which neighbours may stand in any order: libnvdimm registers the next seeds from a thread of its own, and the
 * recordings of one kernel have them before as well as after the `bind` that made them due.
 */
export const unordered = /^(add|bind)@.*SUBSYSTEM=nd,.*DEVTYPE=nd_(dax|pfn|btt|namespace_io|namespace_pmem),/;

/**
 * Complaints about synthetic events that cannot be sent. A kernel that limits them to 10 in 5 seconds may hold back later ones
 * of a step that fails; the first ones, and those of a step that succeeds, are compared.
 */
export const rateLimited = {
  pattern: /^synth uevent: |: uevent: failed to send synthetic uevent: /,
  /** 5.10 and 6.1 do not limit them. */
  kernels: /^(?!6\.1\.|5\.)/,
  /** DEFAULT_RATELIMIT_BURST */
  burst: 10,
};

/**
 * Contents that count what a node's memory is used for. On a node that the recording kernel used, only the names are compared;
 * on one whose memory lies idle, every value is. The recorder leaves a mere change of them out of tree changes.
 */
export const nodeCounters = {
  path: /\/node\d+\/(meminfo|numastat|vmstat)$/,
  /** The same, and what is counted over all nodes, as a command shows it. */
  command: /^(?:cat \S*\/(?:node\d+\/(?:meminfo|numastat|vmstat)|proc\/meminfo)(?:; |$))+$/,
  inUse: /MemUsed: +[1-9]|numa_hit [1-9]/,
  /** MemTotal and the huge pages are what the node has, not what it is used for. */
  counts: /(?<![\w(])(?!\w*MemTotal:|\w*HugePages_)([\w()]+:? +)\d+(?= kB|\\n|$)/g,
};

export function maskLines(field: Field, lines: readonly string[], sizedByContent = false): string[] {
  const active = masks.filter(
    mask => mask.fields.includes(field) && (sizedByContent || !mask.sizedByContent),
  );
  const masked: string[] = [];
  for (const line of lines) {
    const text = maskLine(active, line);
    if (text !== undefined) masked.push(text);
  }
  return masked;
}

function maskLine(active: readonly Mask[], line: string): string | undefined {
  let text = line;
  for (const { pattern, replacement } of active) {
    pattern.lastIndex = 0;
    if (replacement !== undefined) text = text.replace(pattern, replacement);
    else if (pattern.test(text)) return undefined;
  }
  return text;
}
