import { describe, expect, it } from 'vitest';
import { isMountOf } from '../../mount/mountpoint.ts';

const mount = (type: string, source: string) => ({ mountpoint: '/mnt', device: '0:40', type, source });

describe('a mount of our own', () => {
  it('is known by its subtype', () => {
    expect(isMountOf(mount('fuse.daxsim', 'daxsim-17'), 'daxsim')).toBe(true);
  });

  it('is known by its source after a mount(8) that drops the subtype, as that of util-linux 2.41 did', () => {
    expect(isMountOf(mount('fuse', 'daxsim-17'), 'daxsim')).toBe(true);
  });

  it('is not what somebody else mounted under a name like it', () => {
    for (const [type, source] of [
      ['fuse', 'daxsim-lab'],
      ['fuse', 'daxsim'],
      ['fuse.sshfs', 'daxsim-17'],
      ['ext4', 'daxsim-17'],
    ] as const)
      expect(isMountOf(mount(type, source), 'daxsim')).toBe(false);
  });
});
