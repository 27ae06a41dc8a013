import { describe, expect, it } from 'vitest';
import { BootedMemory } from './booted-memory.ts';

const vm = (name: string) => `proc/sys/vm/${name}`;
const NUMA_BALANCING = 'proc/sys/kernel/numa_balancing';

/** The marks of a zone in /proc/zoneinfo. */
function marks(machine: BootedMemory, node: number, zone: string): Record<string, number> {
  const text = `${machine.read('proc/zoneinfo')}`.split(new RegExp(`Node ${node}, zone +${zone}\n`))[1]!;
  return Object.fromEntries(
    ['min', 'low', 'high'].map(mark => [mark, Number(new RegExp(`\\n +${mark} +(\\d+)`).exec(text)![1])]),
  );
}

describe('sysctls of memory', () => {
  it('reserve huge pages as sysfs does', () => {
    const machine = new BootedMemory();
    expect(machine.write(vm('nr_hugepages'), '12\n')).toBe('OK');
    expect(machine.read('sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages')).toBe('12\n');
    expect(machine.read('proc/meminfo')).toMatch(/HugePages_Total: +12\n/);
    machine.write(vm('nr_overcommit_hugepages'), '5');
    expect(machine.read('sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages')).toBe('5\n');
  });

  it('take any unsigned long for a count of huge pages', () => {
    const machine = new BootedMemory();
    const most = 2n ** 64n - 1n;
    expect(machine.write(vm('nr_overcommit_hugepages'), `${most}`)).toBe('OK');
    expect(machine.read(vm('nr_overcommit_hugepages'))).toBe(`${most}\n`);
    for (const text of [`${most + 1n}`, '-1', '0'.repeat(21)])
      for (const name of ['nr_hugepages', 'nr_overcommit_hugepages', 'compaction_proactiveness'])
        expect(machine.write(vm(name), text)).toBe('EINVAL');
    expect(machine.write(vm('nr_hugepages'), `${most}`)).toBe('OK');
    expect(Number(machine.read(vm('nr_hugepages')))).toBeGreaterThan(2000);
    expect(machine.read(vm('nr_overcommit_hugepages'))).toBe(`${most}\n`);
  });

  it('take one integer within their bounds: EINVAL for all else, and nothing changes', () => {
    const machine = new BootedMemory();
    for (const text of [' ', 'x', '1 2', '-1', '101', '0x', '5x'])
      expect(machine.write(vm('compaction_proactiveness'), text)).toBe('EINVAL');
    expect(machine.read(vm('compaction_proactiveness'))).toBe('20\n');
    expect(machine.write(vm('compaction_proactiveness'), ' 0x10 \n')).toBe('OK');
    expect(machine.read(vm('compaction_proactiveness'))).toBe('16\n');
  });

  it('move the marks of zones apart, and set the least that all keep free', () => {
    const machine = new BootedMemory();
    const before = marks(machine, 1, 'Normal');
    machine.write(vm('watermark_scale_factor'), '1000');
    const managed = Number(
      /Node 1, zone +Normal\n[^N]*?managed +(\d+)/.exec(`${machine.read('proc/zoneinfo')}`)![1],
    );
    const step = Math.floor(managed / 10);
    expect(marks(machine, 1, 'Normal')).toEqual({
      min: before.min,
      low: before.min! + step,
      high: before.min! + 2 * step,
    });
    const free = Number(machine.read(vm('min_free_kbytes')));
    machine.write(vm('min_free_kbytes'), String(free * 2));
    expect(machine.read(vm('min_free_kbytes'))).toBe(`${free * 2}\n`);
    expect(Math.abs(marks(machine, 1, 'Normal').min! - 2 * before.min!)).toBeLessThan(2);
  });

  it('keep less free than recommended only until memory comes', () => {
    const machine = new BootedMemory();
    const recommended = machine.read(vm('min_free_kbytes'));
    machine.write(vm('min_free_kbytes'), '4096');
    expect(machine.read(vm('min_free_kbytes'))).toBe('4096\n');
    machine.add(2, 48, 48);
    machine.state(48, 'online_movable');
    expect(machine.read(vm('min_free_kbytes'))).toBe(recommended);
  });

  it('tell the log who dropped caches, until it is told to be quiet', () => {
    const machine = new BootedMemory();
    const drop = (value: string) => machine.log(() => machine.write(vm('drop_caches'), value)).length;
    expect(machine.write(vm('drop_caches'), '5')).toBe('EINVAL');
    expect(['3', '4', '1'].map(drop)).toEqual([1, 1, 0]);
  });

  it('forbid that pages are taken out softly, told once', () => {
    const machine = new BootedMemory();
    machine.write(vm('enable_soft_offline'), '0');
    const soft = 'sys/devices/system/memory/soft_offline_page';
    const told = machine.log(() => {
      expect([machine.write(soft, '0x1000000'), machine.write(soft, '0x2000000')]).toEqual([
        'EOPNOTSUPP',
        'EOPNOTSUPP',
      ]);
    });
    expect(told).toEqual(['Memory failure: disabled by /proc/sys/vm/enable_soft_offline']);
  });

  it('balance between nodes from the start when there are several, and know tiers since 5.18', () => {
    const machine = new BootedMemory();
    expect(machine.read(NUMA_BALANCING)).toBe('1\n');
    expect([machine.write(NUMA_BALANCING, '2'), machine.write(NUMA_BALANCING, '5')]).toEqual([
      'OK',
      'EINVAL',
    ]);
    expect(machine.read(NUMA_BALANCING)).toBe('2\n');
    const old = new BootedMemory({ kernel: '5.15.0' });
    expect(old.write(NUMA_BALANCING, '2')).toBe('EINVAL');
    expect(old.list('proc/sys/kernel')).toEqual(['numa_balancing']);
  });

  it('compact whatever is written before 6.5, and only for 1 since', () => {
    expect(new BootedMemory({ kernel: '6.1.0' }).write(vm('compact_memory'), '0')).toBe('OK');
    expect(new BootedMemory().write(vm('compact_memory'), '0')).toBe('EINVAL');
    expect(new BootedMemory().write(vm('compact_memory'), '1')).toBe('OK');
  });
});
