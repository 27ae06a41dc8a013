import type { DeviceNumber } from '../src/kernel/lib/stat.ts';

/** linux/kdev_t.h new_encode_dev: 12 bits of major, 20 of minor. */
export function encodeDevice({ major, minor }: DeviceNumber): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}

/** linux/kdev_t.h new_decode_dev */
export function decodeDevice(dev: number): DeviceNumber {
  return { major: (dev >>> 8) & 0xfff, minor: (dev & 0xff) | ((dev >>> 12) & 0xfff00) };
}
