import { expect } from 'vitest';
import { isErrno } from '../../src/kernel/lib/errno.ts';
import type { Shell } from './shell.ts';

interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

const read = (shell: Shell, path: string): string => {
  const text = shell.read(path);
  if (isErrno(text)) throw new Error(`${path}: ${text}`);
  return text.trimEnd();
};

function expectDisjoint(spans: readonly Span[], where: string): void {
  const sorted = spans.toSorted((a, b) => (a.start < b.start ? -1 : 1));
  for (let i = 1; i < sorted.length; i++) expect(sorted[i]!.start > sorted[i - 1]!.end, where).toBe(true);
}

/** Allocations lie in their region, never overlap, and add up with what is available. */
function checkRegions(shell: Shell): void {
  for (const parent of shell.list('/sys/devices/platform').filter(name => name.startsWith('hmem.'))) {
    const path = `/sys/devices/platform/${parent}`;
    if (!shell.exists(`${path}/dax_region`)) continue;
    const spans: Span[] = [];
    let used = 0n;
    for (const dax of shell.list(path).filter(name => /^dax\d/.test(name))) {
      const mappings = shell.list(`${path}/${dax}`).filter(name => /^mapping\d/.test(name));
      const own = mappings.map(mapping => ({
        start: BigInt(read(shell, `${path}/${dax}/${mapping}/start`)),
        end: BigInt(read(shell, `${path}/${dax}/${mapping}/end`)),
      }));
      const size = own.reduce((sum, { start, end }) => sum + end - start + 1n, 0n);
      expect(BigInt(read(shell, `${path}/${dax}/size`))).toBe(size);
      spans.push(...own);
      used += size;
    }
    expectDisjoint(spans, `ranges of ${parent}`);
    const available = BigInt(read(shell, `${path}/dax_region/available_size`));
    expect(used + available).toBe(BigInt(read(shell, `${path}/dax_region/size`)));
  }
}

/** Every resource lies in its parent; siblings are disjoint and ascend. */
function checkIomem(shell: Shell): void {
  const stack: (Span & { depth: number; last: bigint })[] = [];
  for (const line of read(shell, '/proc/iomem').split('\n')) {
    const [, indent = '', from, to] = /^( *)([0-9a-f]+)-([0-9a-f]+) : /.exec(line)!;
    const node = { start: BigInt(`0x${from}`), end: BigInt(`0x${to}`), depth: indent.length / 2, last: -1n };
    while (stack.length > node.depth) stack.pop();
    const parent = stack.at(-1);
    if (parent) {
      expect(node.start >= parent.start && node.end <= parent.end, line).toBe(true);
      expect(node.start > parent.last, line).toBe(true);
      parent.last = node.end;
    }
    stack.push(node);
  }
}

const ZONES = ['DMA', 'DMA32', 'Normal', 'Movable', 'none'];

/** A hot-added block belongs to one node, in both directions, and when online to one zone. */
function checkBlocks(shell: Shell): void {
  const memory = '/sys/devices/system/memory';
  for (const block of shell.list(memory).filter(name => /^memory\d+$/.test(name))) {
    const nodes = shell.list(`${memory}/${block}`).filter(name => /^node\d+$/.test(name));
    expect(nodes.length, block).toBe(1);
    expect(shell.exists(`/sys/devices/system/node/${nodes[0]}/${block}`)).toBe(true);
    const online = read(shell, `${memory}/${block}/online`) === '1';
    expect(read(shell, `${memory}/${block}/state`)).toBe(online ? 'online' : 'offline');
    const zones = read(shell, `${memory}/${block}/valid_zones`).split(' ');
    if (online) expect(ZONES).toContain(zones.join(' '));
    else expect(zones.length).toBeGreaterThan(1);
  }
}

/** A device is linked from its driver exactly when it links to it. */
function checkBindings(shell: Shell): void {
  for (const driver of shell.list('/sys/bus/dax/drivers')) {
    for (const dax of shell.list(`/sys/bus/dax/drivers/${driver}`).filter(name => /^dax\d/.test(name))) {
      const target = `/sys/bus/dax/devices/${dax}/driver/unbind`;
      expect(shell.resolve(target)).toBe(shell.resolve(`/sys/bus/dax/drivers/${driver}/unbind`));
    }
  }
  for (const dax of shell.list('/sys/bus/dax/devices')) {
    const number = read(shell, `/sys/bus/dax/devices/${dax}/dev`);
    expect(shell.resolve(`/sys/dev/char/${number}`)).toBe(shell.resolve(`/sys/bus/dax/devices/${dax}`));
  }
}

export function checkInvariants(shell: Shell): void {
  checkRegions(shell);
  checkIomem(shell);
  checkBlocks(shell);
  checkBindings(shell);
}

/** Every symbolic link of the machine leads somewhere. */
export function checkLinks(shell: Shell): void {
  for (const [path, text] of shell.snapshot()) {
    if (text.includes(' -> ') && !path.startsWith('/dev/')) expect(shell.exists(path), path).toBe(true);
  }
}
