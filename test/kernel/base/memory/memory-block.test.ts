import { describe, expect, it } from 'vitest';
import { BootedMemory } from '../../mm/booted-memory.ts';

const booted = (first = 48, last = 55): BootedMemory => {
  const machine = new BootedMemory();
  machine.add(2, first, last);
  return machine;
};

describe('the state of a memory block', () => {
  it('accepts the four keywords with at most one newline and nothing else', () => {
    const machine = booted();
    for (const junk of ['\n', 'garbage', 'ONLINE', 'online ', 'online\n\n', '1', 'going-offline'])
      expect(machine.state(48, junk)).toBe('EINVAL');
    expect(machine.state(48, 'online\n')).toBe('OK');
    expect(machine.state(48, 'offline')).toBe('OK');
  });

  it('refuses the state it has already, but the online file does not', () => {
    const machine = booted();
    expect(machine.state(48, 'offline')).toBe('EINVAL');
    expect(machine.write('sys/devices/system/memory/memory48/online', '0')).toBe('OK');
    machine.state(48, 'online');
    expect(machine.state(48, 'online_movable')).toBe('EINVAL');
    expect(machine.uevents(() => machine.write('sys/devices/system/memory/memory48/online', '1'))).toEqual(
      [],
    );
  });

  it('latches the type of a refused online for the next online through the other file', () => {
    const machine = booted();
    machine.state(48, 'online_movable');
    expect(machine.state(48, 'online_kernel')).toBe('EINVAL');
    const online = 'sys/devices/system/memory/memory48/online';
    machine.write(online, '0');
    machine.write(online, '1');
    expect(machine.validZones(48)).toBe('Normal');
    machine.write(online, '0');
    machine.write(online, '1');
    expect(machine.validZones(48)).toBe('Normal');
  });

  it('lets a block between two Movable blocks default to Movable and its outer neighbours not', () => {
    const machine = booted();
    machine.state(48, 'online_movable');
    machine.state(50, 'online_movable');
    expect(machine.validZones(49)).toBe('Movable Normal');
    expect(machine.validZones(51)).toBe('Normal Movable');
    machine.state(49, 'online');
    expect(machine.validZones(49)).toBe('Movable');
  });

  it('names the zone of an online block, and none for boot memory of several zones', () => {
    const machine = booted();
    expect(machine.validZones(0)).toBe('none');
    expect(machine.validZones(1)).toBe('DMA32');
    expect(machine.validZones(32)).toBe('Normal');
    expect(machine.validZones(48)).toBe('Normal Movable');
  });

  it('keeps boot memory of several zones or with a hole online with EINVAL', () => {
    const machine = booted();
    expect(machine.state(0, 'offline')).toBe('EINVAL');
    expect(machine.state(15, 'offline')).toBe('EINVAL');
    expect(machine.state(1, 'offline')).toBe('OK');
    expect(machine.validZones(1)).toBe('DMA32 Movable');
  });

  it('keeps the last boot memory of a zone online with EBUSY, for what boot put there', () => {
    const machine = booted();
    const outcomes = Array.from({ length: 8 }, (_, i) => machine.state(64 + i, 'offline'));
    expect(outcomes).toEqual([...Array(7).fill('OK'), 'EBUSY']);
    expect(machine.read('sys/devices/system/node/node3/meminfo')).toContain(String(4 * (32768 - 4096)));
  });

  it('keeps the top of a zone online even while the rest of it is, since boot allocates from there', () => {
    const machine = booted();
    expect(machine.state(47, 'offline')).toBe('EBUSY');
    expect(machine.state(46, 'offline')).toBe('OK');
  });

  it('sends one event for each transition and none for a refusal', () => {
    const machine = booted();
    machine.state(49, 'online');
    expect(machine.uevents(() => machine.state(48, 'online'))).toEqual(['online memory48']);
    expect(machine.uevents(() => machine.state(48, 'online'))).toEqual([]);
    expect(machine.uevents(() => machine.state(48, 'offline'))).toEqual(['offline memory48']);
  });

  it('shows the files and links that the kernel shows', () => {
    const machine = booted();
    expect(new Set(machine.list('sys/devices/system/memory/memory48'))).toEqual(
      new Set(
        'uevent node2 power online phys_device phys_index valid_zones subsystem state removable'.split(' '),
      ),
    );
    expect(machine.read('sys/devices/system/memory/memory48/phys_index')).toBe('00000030\n');
    expect(machine.read('sys/devices/system/memory/memory48/removable')).toBe('1\n');
    expect(machine.read('sys/bus/memory/devices/memory48/state')).toBe('offline\n');
  });

  it('answers with nothing for numbers that no block has or that the kernel would not spell so', () => {
    const machine = booted();
    for (const name of ['memory16', 'memory048', 'memory', 'memory-1', 'memory99999999999'])
      expect(machine.node(`sys/devices/system/memory/${name}`)).toBeUndefined();
  });
});
