import { describe, expect, it } from 'vitest';
import { WaitingReads } from '../../../mount/fuse-native/waiting-reads.ts';
import { type OpenFile, PENDING, type Pending } from '../../../src/kernel/fs/file-system.ts';
import { EINTR, ENODEV, type Result } from '../../../src/kernel/lib/errno.ts';

class Follower {
  says: Result<Uint8Array> | Pending = PENDING;
  readonly wakers = new Set<() => void>();
  readonly file: OpenFile = {
    read: () => this.says,
    write: () => 0,
    poll: () => 0,
    onWake: callback => {
      this.wakers.add(callback);
      return () => this.wakers.delete(callback);
    },
    release() {},
  };

  wake(says: Result<Uint8Array> | Pending): void {
    this.says = says;
    for (const waker of [...this.wakers]) waker();
  }
}

const LINE = Buffer.from('line\n');

function waitingReader() {
  const reads = new WaitingReads();
  const follower = new Follower();
  const answers: Result<Uint8Array>[] = [];
  reads.read(follower.file, 0, 4096, answer => answers.push(answer));
  return { reads, follower, answers };
}

describe('a read that has nothing to say yet', () => {
  it('is answered when the file wakes with something, and only once', () => {
    const { follower, answers } = waitingReader();
    follower.wake(PENDING);
    expect(answers).toEqual([]);
    follower.wake(LINE);
    follower.wake(LINE);
    expect(answers).toEqual([LINE]);
    expect(follower.wakers.size).toBe(0);
  });

  it('passes on an error that the file woke with', () => {
    const { follower, answers } = waitingReader();
    follower.wake(ENODEV);
    expect(answers).toEqual([ENODEV]);
  });

  it('outlives a single interrupt, which may have been for a request that is answered meanwhile', () => {
    const { reads, answers } = waitingReader();
    reads.interrupted(0);
    reads.interrupted(20);
    expect(answers).toEqual([]);
  });

  it('ends with EINTR when the interrupt is repeated a second later', () => {
    const { reads, follower, answers } = waitingReader();
    reads.interrupted(0);
    reads.interrupted(1003);
    expect(answers).toEqual([EINTR]);
    expect(follower.wakers.size).toBe(0);
  });

  it('ends with EINTR when the mount ends', () => {
    const { reads, answers } = waitingReader();
    reads.endAll();
    expect(answers).toEqual([EINTR]);
  });
});
