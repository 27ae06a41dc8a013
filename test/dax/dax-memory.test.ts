import { describe, expect, it } from 'vitest';
import { DaxMemory } from '../../src/dax/dax-memory.ts';

const TIB = 1n << 40n;
const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (data: Uint8Array) => Buffer.from(data).toString();

describe('the memory behind dax devices', () => {
  it('reads as zero where nobody wrote, and takes no space there', () => {
    const memory = new DaxMemory();
    memory.write(TIB, new Uint8Array(1 << 20));
    expect(memory.read(TIB, 4)).toEqual(new Uint8Array(4));
    expect(memory.allocated).toBe(0);
  });

  it('keeps what was written, across its chunks', () => {
    const memory = new DaxMemory();
    const data = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251);
    memory.write(TIB - 70_001n, data);
    expect(memory.read(TIB - 70_001n, data.length)).toEqual(data);
    expect(memory.read(TIB - 70_002n, 2)).toEqual(Uint8Array.of(0, 0));
    expect(memory.allocated).toBeLessThan(400_000);
  });

  it('can be cleared again', () => {
    const memory = new DaxMemory();
    memory.write(5n, bytes('hello'));
    memory.write(6n, new Uint8Array(3));
    expect(memory.read(5n, 5)).toEqual(Uint8Array.of(104, 0, 0, 0, 111));
  });

  it('keeps exactly the persistent spans over a reboot', () => {
    const memory = new DaxMemory();
    memory.write(0x1fffcn, bytes('volatilepersist!volatile'));
    const kept = memory.afterReboot([{ start: 0x20004n, end: 0x2000bn }]);
    expect(text(kept.read(0x20004n, 8))).toBe('persist!');
    expect(kept.read(0x1fffcn, 8)).toEqual(new Uint8Array(8));
    expect(kept.read(0x2000cn, 8)).toEqual(new Uint8Array(8));
    expect(text(memory.read(0x1fffcn, 8))).toBe('volatile');
  });
});
