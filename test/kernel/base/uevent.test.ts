import { describe, expect, it } from 'vitest';
import { parseSyntheticUevent, UeventQueue } from '../../../src/kernel/base/uevent.ts';
import { ENOMEM } from '../../../src/kernel/lib/errno.ts';

const UUID = '12345678-1234-1234-1234-123456789abc';

describe('a write to an uevent file', () => {
  it('may be an action alone', () => {
    expect(parseSyntheticUevent('change\n')).toEqual({ action: 'change', keys: ['SYNTH_UUID=0'] });
  });

  it('may carry a UUID, in the case given, and alphanumeric arguments', () => {
    expect(parseSyntheticUevent(`add ${UUID.toUpperCase()} A=1 Bc=dE`)).toEqual({
      action: 'add',
      keys: [`SYNTH_UUID=${UUID.toUpperCase()}`, 'SYNTH_ARG_A=1', 'SYNTH_ARG_Bc=dE'],
    });
  });

  it.each(['', '\n', 'Add', 'add\n\n', 'bogus', `bogus ${UUID}`])('is refused for the action in %j', text => {
    expect(parseSyntheticUevent(text)).toMatchObject({ reason: 'unknown uevent action string' });
  });

  it.each([
    'add ',
    'add 1234',
    `add  ${UUID}`,
    `add ${UUID} `,
    `add ${UUID}  A=1`,
    `add ${UUID} A`,
    `add ${UUID} A=`,
    `add ${UUID} A_x=1`,
    `add ${UUID} A=b-c`,
    `add ${UUID}x`,
  ])('is refused for the arguments in %j', text => {
    expect(parseSyntheticUevent(text)).toMatchObject({ reason: 'incorrect uevent action arguments' });
  });
});

describe('the queue of uevents', () => {
  it('numbers what it sends and takes MODALIAS from unbind', () => {
    const queue = new UeventQueue(819);
    queue.send('unbind', '/devices/x', 'dax', ['MAJOR=252', 'MODALIAS=dax:t0']);
    expect(queue.at(0)!.toJSON()).toEqual({
      seqnum: 820,
      action: 'unbind',
      devpath: '/devices/x',
      env: ['ACTION=unbind', 'DEVPATH=/devices/x', 'SUBSYSTEM=dax', 'MAJOR=252', 'SEQNUM=820'],
    });
  });

  it('refuses more than 2048 bytes of keys without using a number', () => {
    const queue = new UeventQueue();
    expect(queue.send('add', '/x', 'dax', ['A='.padEnd(2048, 'a')])).toEqual(ENOMEM);
    expect(queue.seqnum).toBe(0);
  });
});
