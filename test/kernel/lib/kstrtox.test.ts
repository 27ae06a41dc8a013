import { describe, expect, it } from 'vitest';
import { EINVAL, ERANGE } from '../../../src/kernel/lib/errno.ts';
import { kstrtobool, kstrtoint, kstrtoull, sysfsStreq } from '../../../src/kernel/lib/kstrtox.ts';

describe('kstrtoull reads what the kernel reads', () => {
  it.each([
    ['0x80000000', 0x80000000n],
    ['2147483648\n', 2147483648n],
    ['+2147483648', 2147483648n],
    ['010', 8n],
    ['0X1f', 31n],
    ['18446744073709551615', 18446744073709551615n],
    ['18446744073709551616', ERANGE],
    ['99999999999999999999x', ERANGE],
    ['', EINVAL],
    ['\n', EINVAL],
    ['2147483648\n\n', EINVAL],
    [' 1', EINVAL],
    ['1 ', EINVAL],
    ['-1', EINVAL],
    ['+-1', EINVAL],
    ['08', EINVAL],
    ['0x', EINVAL],
    ['2M', EINVAL],
  ])('%j', (text, expected) => expect(kstrtoull(text)).toEqual(expected));

  it('tolerates a prefix in base 16, and a plus before it', () => {
    expect(kstrtoull('0x1b0000000', 16)).toBe(0x1b0000000n);
    expect(kstrtoull('+1b0000000', 16)).toBe(0x1b0000000n);
    expect(kstrtoull('1b000000000000000', 16)).toEqual(ERANGE);
  });
});

describe('kstrtoint', () => {
  it.each([
    ['-2147483648', -2147483648],
    ['2147483648', ERANGE],
    ['-2147483649', ERANGE],
    ['0x1', 1],
    ['01', 1],
    ['--1', EINVAL],
  ])('%j', (text, expected) => expect(kstrtoint(text)).toEqual(expected));
});

describe('kstrtobool looks at one character, or at two after an o', () => {
  it.each([
    ['1garbage', true],
    ['yes', true],
    ['0x1', false],
    ['of', false],
    ['On', true],
    ['o', EINVAL],
    ['2', EINVAL],
    [' 1', EINVAL],
    ['', EINVAL],
  ])('%j', (text, expected) => expect(kstrtobool(text)).toEqual(expected));
});

describe('sysfs_streq', () => {
  it('ignores one trailing newline on either side, and nothing else', () => {
    expect(sysfsStreq('online', 'online\n')).toBe(true);
    expect(sysfsStreq('online', 'online\n\n')).toBe(false);
    expect(sysfsStreq('online', 'online ')).toBe(false);
  });
});
