import { expect, it } from 'vitest';
import { besideTests, describeClients, inMachine } from './sandbox.ts';

const carve = besideTests('carve-node');
const SHOW = `
  for d in $(ls -d /sys/bus/dax/devices/dax0.* | sort); do
    echo $(basename $d) $(cat $d/size) $(basename $(readlink $d/driver))
  done
  cat /sys/devices/system/node/node2/memory*/state 2>/dev/null | sort | uniq -c | xargs`;

/** The machine as such a script finds it: the memory is in use. */
const IN_USE = 'daxctl online-memory dax0.0 >/dev/null 2>&1;';

async function carveInMachine(args: string, before = IN_USE) {
  const { stdout, stderr } =
    await inMachine(`${before} ${carve} ${args} 2>/run/errors; echo status $?; ${SHOW}
    cat /run/errors >&2`);
  return { lines: stdout.trim().split('\n'), stderr };
}

const AS_BEFORE = ['dax0.0 2147483648 kmem', '16 online'];

describeClients(['daxctl'], () => {
  it('carves the memory of a node into four devices', async () => {
    const { lines } = await carveInMachine('2');
    expect(lines).toEqual([
      'dax0.0 dax0.1 dax0.2 dax0.3',
      'status 0',
      'dax0.0 536870912 device_dax',
      'dax0.1 536870912 device_dax',
      'dax0.2 536870912 device_dax',
      'dax0.3 536870912 device_dax',
    ]);
  });

  it('puts everything back when a device does not fit', async () => {
    const { lines, stderr } = await carveInMachine('2 1073741824 536870912 1073741824');
    expect(lines.slice(-3)).toEqual(['status 1', ...AS_BEFORE]);
    expect(stderr).toContain('no room for 1073741824 bytes; everything is as before');
  });

  it('puts everything back when the first size is refused', async () => {
    const { lines, stderr } = await carveInMachine('2 4294967296 2097152');
    expect(lines.slice(-3)).toEqual(['status 1', ...AS_BEFORE]);
    expect(stderr).toContain('cannot be made 4294967296 bytes');
  });

  it.each([
    ['a node without such memory', '0', 'no memory device on node 0', 1],
    ['a node that is not there', '9', 'no memory device on node 9', 1],
    ['no node', '', 'usage: carve-node', 2],
  ])('changes nothing for %s', async (_what, args, says, status) => {
    const { lines, stderr } = await carveInMachine(args);
    expect(lines).toEqual([`status ${status}`, ...AS_BEFORE]);
    expect(stderr).toContain(says);
  });

  it('does not carve twice', async () => {
    const { lines, stderr } = await carveInMachine('2', `${carve} 2 >/dev/null 2>&1;`);
    expect(lines[0]).toBe('status 1');
    expect(stderr).toContain('node 2 has more than one device already');
  });
});
