import { describe, expect, it } from 'vitest';
import { UeventSocket, ueventMessage } from '../../../mount/namespace/uevent-socket.ts';
import { Uevent } from '../../../src/kernel/base/uevent.ts';

describe('a uevent for the kernel to broadcast', () => {
  const message = ueventMessage(new Uevent(7, 'add', '/devices/x', 'dax', []));

  it('is a netlink request of its whole length', () => {
    expect(message.readUInt32LE(0)).toBe(message.length);
    expect(message.readUInt16LE(4)).toBeGreaterThanOrEqual(0x10);
    expect(message.readUInt16LE(6)).toBe(1);
  });

  it('begins with ACTION@DEVPATH and leaves SEQNUM to the kernel', () => {
    expect(message.toString('latin1', 16)).toBe(
      'add@/devices/x\0ACTION=add\0DEVPATH=/devices/x\0SUBSYSTEM=dax\0',
    );
  });

  it('is never sent in the network name space that we live in', () => {
    expect(() => UeventSocket.inNamespaceOf(process.pid)).toThrow('not a private network name space');
  });
});
