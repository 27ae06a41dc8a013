import { expect, it } from 'vitest';
import { RecordRing } from '../../../src/kernel/base/record-ring.ts';

it('keeps the newest records, and their numbers', () => {
  const ring = new RecordRing<number>(10);
  for (let i = 0; i < 100; i++) ring.push(i);
  expect(ring.next).toBe(100);
  expect(ring.first).toBe(90);
  expect(ring.at(89)).toBeUndefined();
  expect(ring.at(90)).toBe(90);
  expect(ring.at(99)).toBe(99);
  expect(ring.at(100)).toBeUndefined();
});

it('tells its subscribers of each record until they leave', () => {
  const ring = new RecordRing<number>(10);
  let told = 0;
  const leave = ring.subscribe(() => told++);
  ring.push(1);
  leave();
  ring.push(2);
  expect(told).toBe(1);
});
