import type { Dump } from './dump.ts';

/** A dump line of `nodeN/meminfo`. */
const NODE_MEMINFO = /^\S+ .*\/node\d+\/meminfo = /;

const BLOCK_SIZE = '/sys/devices/system/memory/block_size_bytes';

/**
 * What boot leaves of boot memory (MemTotal, `managed` of boot zones) depends on the kernel image; what happens to it later
 * does not. A calibration adds to our values what they lacked before the first step, so that every later difference shows.
 * Zones of nodes without boot memory are not touched: theirs are exact.
 */
export class Calibration {
  readonly #managedPages = new Map<string, number>();
  readonly #nodePages = new Map<number, number>();
  readonly #nodes: ReadonlySet<number>;
  #totalKib = 0;

  constructor(recorded: Dump, ours: Dump) {
    const recordedProc = procLines(recorded);
    this.#nodes = bootNodes(recorded, recordedProc);
    const zones = managedByZone(procLines(ours));
    for (const [zone, pages] of managedByZone(recordedProc)) {
      const own = zones.get(zone);
      if (own === undefined || !this.#nodes.has(nodeOf(zone))) continue;
      this.#managedPages.set(zone, pages - own);
      this.#nodePages.set(nodeOf(zone), (this.#nodePages.get(nodeOf(zone)) ?? 0) + pages - own);
      this.#totalKib += (pages - own) * 4;
    }
  }

  /** Whether the kernel lives on a node: it has boot memory. */
  isInUse(node: number): boolean {
    return this.#nodes.has(node);
  }

  /** A dump line of ours as it would read on the recorded machine. */
  line(line: string): string {
    if (NODE_MEMINFO.test(line)) return this.#nodeTotals(line);
    if (!line.startsWith('/proc/')) return line;
    if (line.startsWith('/proc/meminfo: MemTotal:')) return this.#total(line);
    const zone = /^\/proc\/zoneinfo: (Node \d+, zone +\w+) /.exec(line)?.[1];
    return zone === undefined ? line : this.#managed(zone, line);
  }

  /** The same for the output of a command that shows /proc/zoneinfo, /proc/meminfo or the sizes of nodes. */
  text(recorded: string, text: string): string {
    let zone = '';
    return text
      .split('\n')
      .map(line => {
        zone = /^(Node \d+, zone +\w+)$/.exec(line)?.[1] ?? zone;
        if (/^MemTotal:/.test(line)) return this.#total(line);
        if (/^Node \d+ MemTotal:/.test(line)) return this.#nodeTotals(line);
        return /^ +managed +\d+$/.test(line) ? this.#managed(zone, line) : this.#nodeSize(recorded, line);
      })
      .join('\n');
  }

  /** `node N size: M MB` of numactl: rounded, so the recorded line stands for each that is no further than a rounding. */
  #nodeSize(recorded: string, line: string): string {
    const [, start, node, size] = /^(node (\d+) size: )(\d+) MB$/.exec(line) ?? [];
    const pages = node === undefined ? undefined : this.#nodePages.get(Number(node));
    if (pages === undefined) return line;
    const expected = new RegExp(`^${start}(\\d+) MB$`, 'm').exec(recorded);
    const distance = expected ? Math.abs(Number(expected[1]) - Number(size) - pages / 256) : 1;
    return distance < 1 ? expected![0] : line;
  }

  #nodeTotals(text: string): string {
    return text.replace(
      /(Node (\d+) MemTotal: *)(\d+)(?= kB)/g,
      (_, name: string, node: string, kib: string) => {
        const total = Number(kib) + (this.#nodePages.get(Number(node)) ?? 0) * 4;
        return name.slice(0, name.length + kib.length - `${total}`.length) + total;
      },
    );
  }

  #total(line: string): string {
    return line.replace(/\d+(?= kB$)/, kib => String(Number(kib) + this.#totalKib).padStart(kib.length));
  }

  #managed(zone: string, line: string): string {
    const difference = this.#managedPages.get(zone) ?? 0;
    return line.replace(/(managed +)(\d+)/, (_, name, pages) => `${name}${Number(pages) + difference}`);
  }
}

function managedByZone(proc: readonly string[]): Map<string, number> {
  const zones = new Map<string, number>();
  for (const line of proc) {
    const match = /^\/proc\/zoneinfo: (Node \d+, zone +\w+) .* managed (\d+) /.exec(line);
    if (match) zones.set(match[1]!, Number(match[2]));
  }
  return zones;
}

function procLines(dump: Dump): string[] {
  const lines: string[] = [];
  for (const line of dump.values()) if (line.startsWith('/proc/')) lines.push(line);
  return lines;
}

function nodeOf(zone: string): number {
  return Number(/^Node (\d+)/.exec(zone)![1]);
}

/** Nodes with a memory block inside a top-level `System RAM` of /proc/iomem. */
function bootNodes(dump: Dump, proc: readonly string[]): Set<number> {
  const ram = proc.flatMap(line => {
    const match = /^\/proc\/iomem: \|([0-9a-f]+)-([0-9a-f]+) : System RAM$/.exec(line);
    return match ? [[BigInt(`0x${match[1]}`), BigInt(`0x${match[2]}`)] as const] : [];
  });
  const blockSize = / = "([0-9a-f]+)/.exec(dump.get(BLOCK_SIZE) ?? '')?.[1];
  const nodes = new Set<number>();
  if (blockSize === undefined) return nodes;
  for (const path of dump.keys()) {
    const match = /\/node\/node(\d+)\/memory(\d+)$/.exec(path);
    if (!match) continue;
    const start = BigInt(match[2]!) * BigInt(`0x${blockSize}`);
    const end = start + BigInt(`0x${blockSize}`) - 1n;
    if (ram.some(([first, last]) => first <= end && last >= start)) nodes.add(Number(match[1]));
  }
  return nodes;
}
