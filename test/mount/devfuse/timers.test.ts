import { expect, it } from 'vitest';
import { Timers } from '../../../mount/devfuse/timers.ts';

function timersAt(): { timers: Timers; pass: (milliseconds: number) => void } {
  let now = 0;
  return { timers: new Timers(() => now), pass: milliseconds => (now += milliseconds) };
}

it('a thread may wait until the next timer is due, and for ever without one', () => {
  const { timers, pass } = timersAt();
  expect(timers.wait).toBeUndefined();
  timers.timer(100, () => {});
  timers.timer(50, () => {});
  expect(timers.wait).toBe(50);
  pass(80);
  expect(timers.wait).toBe(0);
});

it('a timer runs once, when it is due and not called off', () => {
  const { timers, pass } = timersAt();
  const ran: string[] = [];
  timers.timer(100, () => ran.push('kept'));
  const callOff = timers.timer(100, () => ran.push('called off'));
  callOff();
  expect(timers.run()).toBe(false);
  pass(100);
  expect(timers.run()).toBe(true);
  expect(timers.run()).toBe(false);
  expect(ran).toEqual(['kept']);
});

it('a timer that is due may call off another, and start one', () => {
  const { timers, pass } = timersAt();
  const ran: string[] = [];
  timers.timer(10, () => {
    ran.push('first');
    callOff();
    timers.timer(10, () => ran.push('later'));
  });
  const callOff = timers.timer(10, () => ran.push('second'));
  pass(10);
  timers.run();
  expect(ran).toEqual(['first']);
  pass(10);
  timers.run();
  expect(ran).toEqual(['first', 'later']);
});
