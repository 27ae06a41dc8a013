import { describe, expect, it } from 'vitest';
import { BootedMemory } from '../booted-memory.ts';

const pfnDumped = (log: string[]): string | undefined => /pfn:(0x[0-9a-f]+)/.exec(log.join('\n'))?.[1];

describe('page structures of hot-added memory', () => {
  it('pin the kernel block of the node that went online first, until that memory is removed', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 51);
    machine.state(50, 'online_kernel');
    machine.state(48, 'online_kernel');
    machine.add(2, 56, 59);
    expect(machine.state(48, 'offline')).toBe('OK');
    const log = machine.log(() => expect(machine.state(50, 'offline')).toBe('EBUSY'));
    // Recorded on a machine that did the same.
    expect(log).toEqual([
      'page: refcount:1 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x190000',
      'flags: 0x97ffffc0000000(node=2|zone=2|lastcpupid=0x1fffff)',
      'raw: 0097ffffc0000000 0000000000000000 dead000000000122 0000000000000000',
      'raw: 0000000000000000 0000000000000000 00000001ffffffff 0000000000000000',
      'page dumped because: unmovable page',
    ]);
    machine.remove(56, 59);
    expect(machine.state(50, 'offline')).toBe('OK');
  });

  it('stay out of Movable blocks', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 49);
    machine.state(48, 'online_movable');
    machine.add(2, 56, 56);
    expect(machine.state(48, 'offline')).toBe('OK');
  });

  it('go to boot memory where the node, or the nearest with memory, has some', () => {
    const machine = new BootedMemory();
    machine.add(3, 72, 73);
    machine.state(72, 'online_kernel');
    machine.add(3, 74, 74);
    expect(machine.state(72, 'offline')).toBe('OK');
  });

  it('lie in the memory itself with memmap_on_memory and pin nothing', () => {
    const machine = new BootedMemory({ memmapOnMemory: 'Y' });
    machine.add(2, 48, 48);
    machine.state(48, 'online_kernel');
    machine.add(2, 56, 56, true);
    expect(machine.state(48, 'offline')).toBe('OK');
  });

  it('start behind the page structures of the block that holds them', () => {
    const machine = new BootedMemory({ memmapOnMemory: 'Y' });
    machine.add(2, 48, 48, true);
    machine.state(48, 'online_kernel');
    machine.add(2, 56, 56);
    expect(pfnDumped(machine.log(() => machine.state(48, 'offline')))).toBe('0x180400');
  });

  it('take the chunk that was freed last', () => {
    const machine = new BootedMemory({ kernel: '6.1.0' });
    machine.add(2, 48, 51);
    machine.state(50, 'online');
    machine.add(2, 54, 57);
    machine.remove(54, 57);
    machine.add(2, 54, 54);
    expect(pfnDumped(machine.log(() => machine.state(50, 'offline')))).toBe('0x190400');
  });

  it('spill into the next block when one is full', () => {
    const machine = new BootedMemory();
    machine.add(2, 48, 49);
    machine.state(48, 'online_kernel');
    machine.state(49, 'online_kernel');
    machine.add(2, 128, 128 + 64);
    expect(machine.state(49, 'offline')).toBe('EBUSY');
  });

  it('show the hashed address of the page on kernels that print it', () => {
    const machine = new BootedMemory({ kernel: '6.1.0' });
    machine.add(2, 48, 48);
    machine.state(48, 'online');
    machine.add(2, 49, 49);
    expect(machine.log(() => machine.state(48, 'offline'))[0]).toMatch(/^page:[0-9a-f]{16} refcount:1 /);
  });
});
