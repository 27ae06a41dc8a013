import { describe, expect, it } from 'vitest';
import { describeMachine, InProcessMachine } from '../../scripts/benchmark/in-process.ts';
import type { Inode } from '../../src/kernel/fs/file-system.ts';
import { workOf } from './work.ts';

const BLOCKS_PER_TIB = 8192;
const REGION = 'sys/devices/platform/hmem.0';
const MEMORY = 'sys/devices/system/memory';

/** Four nodes of boot memory and a soft reserved range, in blocks of 128 MiB. */
function machine({ tib = 4, device = '64GiB', modules = ['dax_hmem', 'device_dax', 'kmem'] } = {}) {
  const sockets = Array.from({ length: 4 }, () => ({ cpus: 4, ram: `${tib / 4}TiB` }));
  return new InProcessMachine(
    describeMachine('big', { nodes: [...sockets, {}], soft_reserved: [{ size: device, node: 4 }], modules }),
  );
}

function entries(machine: InProcessMachine, path: string): string[] {
  const directory = machine.list(path);
  const names: string[] = [];
  for (let entry = directory.peek(); entry; entry = directory.peek()) {
    names.push(entry.name);
    directory.advance();
  }
  return names;
}

describe('a machine of 64 TiB', () => {
  it('boots with the work of one of 4 TiB', () => {
    machine();
    const small = workOf(() => machine({ tib: 4 }));
    const large = workOf(() => machine({ tib: 64 }));
    expect(large / small).toBeLessThan(1.1);
  });

  it('answers about its last block with the work of the first', () => {
    const large = machine({ tib: 64 });
    const read = (block: number) => workOf(() => large.readText(`${MEMORY}/memory${block}/state`));
    large.readText(`${MEMORY}/memory1/state`);
    const first = read(2);
    expect(large.readText(`${MEMORY}/memory524287/state`)).toBe('online\n');
    expect(read(524286) / first).toBeLessThan(1.1);
  });

  it('makes no inode for a block that nobody looks at', () => {
    const large = machine({ tib: 64 });
    const before = large.find(`${MEMORY}/memory10/state`).ino;
    large.readText(`${MEMORY}/memory77777/state`);
    expect(large.find(`${MEMORY}/memory10/removable`).ino - before).toBeLessThan(10);
  });
});

describe('work grows with what is touched', () => {
  it('four times the blocks to online is four times the work', () => {
    const work = ['64GiB', '256GiB'].map(device => {
      const grown = machine({ device });
      grown.writeText('sys/bus/dax/drivers/kmem/unbind', 'dax0.0');
      grown.writeText(`${MEMORY}/auto_online_blocks`, 'online');
      return workOf(() => grown.writeText('sys/bus/dax/drivers/kmem/bind', 'dax0.0'));
    });
    expect(work[1]! / work[0]!).toBeLessThan(5);
  });

  it('onlining a block in a machine of 64 TiB is the work of one of 4 TiB', () => {
    const work = [4, 64].map(tib => {
      const idle = machine({ tib });
      const toggle = (block: number) => {
        idle.writeText(`${MEMORY}/memory${block}/state`, 'offline');
        idle.writeText(`${MEMORY}/memory${block}/state`, 'online');
      };
      toggle(100);
      return workOf(() => toggle(101));
    });
    expect(work[1]! / work[0]!).toBeLessThan(1.1);
  });

  it('listing four times the blocks is four times the work', () => {
    const work = [4, 16].map(tib => {
      const idle = machine({ tib });
      let names: string[] = [];
      const spent = workOf(() => {
        names = entries(idle, MEMORY);
      });
      expect(names.length).toBeGreaterThan(tib * BLOCKS_PER_TIB);
      return spent;
    });
    expect(work[1]! / work[0]!).toBeLessThan(5);
  });
});

describe('a region with a thousand devices', () => {
  it('allocates the ten thousandth range with the work of the first', () => {
    const crowded = machine({ device: '64GiB', modules: ['dax_hmem'] });
    crowded.writeText(`${REGION}/dax0.0/size`, '0');
    for (let i = 1; i < 1000; i++) crowded.writeText(`${REGION}/dax_region/create`, '1');
    const sizes = Array.from({ length: 1000 }, (_, i) => crowded.find(`${REGION}/dax0.${i}/size`));
    const grow = (inode: Inode, ranges: number) =>
      crowded.write(inode, Buffer.from(`${ranges * (2 << 20)}\n`));
    const growAll = (turn: number) => {
      for (const inode of sizes) grow(inode, turn);
    };
    growAll(1);
    const second = workOf(() => growAll(2));
    for (let turn = 3; turn < 10; turn++) growAll(turn);
    expect(workOf(() => growAll(10)) / second).toBeLessThan(1.1);
  });
});
