import { describe, expect, it } from 'vitest';
import { recordedSeries } from '../../../src/kernel/releases/standing.ts';
import { BootedMemory } from './booted-memory.ts';

describe.each(['5.4', ...recordedSeries])('memory hotplug of kernel %s', kernel => {
  it('adds, onlines, offlines and removes', () => {
    const machine = new BootedMemory({ kernel });
    machine.add(2, 48, 49);
    expect(machine.state(48, 'online_movable')).toBe('OK');
    expect(machine.read('sys/devices/system/node/has_memory')).toBe('0-3\n');
    expect(machine.state(48, 'offline')).toBe('OK');
    expect(machine.remove(48, 49)).toBeUndefined();
    expect(machine.read('sys/devices/system/node/online')).toBe('0-1,3\n');
  });

  it('shows what it has and no more', () => {
    const machine = new BootedMemory({ kernel });
    const { profile } = machine.core;
    const has = (path: string) => machine.node(path) !== undefined;
    expect(has('sys/devices/system/memory/crash_hotplug')).toBe(profile.hotplug.crashHotplug);
    expect(has('sys/module/memory_hotplug')).toBe(profile.hotplug.memoryGroups);
    expect(has('sys/kernel/mm/numa')).toBe(profile.memoryTiers !== 'none');
    expect(`${machine.read('proc/zoneinfo')}`.includes('nr_unaccepted')).toBe(
      profile.counters.zone.includes('nr_unaccepted'),
    );
  });
});
