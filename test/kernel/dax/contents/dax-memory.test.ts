import { describe, expect, it } from 'vitest';
import { DaxMemory } from '../../../../src/kernel/dax/contents/dax-memory.ts';
import { EIO, isErrno, type Result } from '../../../../src/kernel/lib/errno.ts';

const TIB = 1n << 40n;
const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (data: Result<Uint8Array>) => (isErrno(data) ? data.name : Buffer.from(data).toString());

describe('the memory behind dax devices', () => {
  it('reads as zero where nobody wrote, and takes no space there', () => {
    const memory = new DaxMemory();
    memory.write(TIB, new Uint8Array(1 << 20));
    expect(memory.read(TIB, 4)).toEqual(new Uint8Array(4));
    expect(memory.allocated).toBe(0);
  });

  it('keeps what was written, across its pages', () => {
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

  it('leaves exactly the backed spans to another store, which outlives it', () => {
    const persistent = new DaxMemory();
    const span = { start: 0x20004n, end: 0x2000bn };
    const memory = new DaxMemory();
    memory.back(span, persistent);
    memory.write(0x1fffcn, bytes('volatilepersist!volatile'));
    expect(text(memory.read(0x1fffcn, 24))).toBe('volatilepersist!volatile');
    const afterReboot = new DaxMemory();
    afterReboot.back(span, persistent);
    expect(afterReboot.read(0x1fffcn, 24)).toEqual(
      Uint8Array.from(Buffer.from('\0\0\0\0\0\0\0\0persist!\0\0\0\0\0\0\0\0')),
    );
  });

  it('passes on the error of a store', () => {
    const memory = new DaxMemory();
    memory.back({ start: 0x1000n, end: 0x1fffn }, { read: () => EIO, write: () => {} });
    expect(memory.read(0xff0n, 32)).toEqual(EIO);
    expect(memory.read(0xff0n, 16)).toEqual(new Uint8Array(16));
  });
});
