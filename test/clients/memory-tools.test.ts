import { expect, it } from 'vitest';
import { describeClients, inMachine, stdoutOf } from './sandbox.ts';

const MEMORY = '/sys/devices/system/memory';

describeClients(['lsmem'], () => {
  it('shows ranges with their state, node and zones', async () => {
    const out = await stdoutOf('lsmem --noheadings -o RANGE,SIZE,STATE,NODE,ZONES --split NODE,STATE,ZONES');
    const rows = out.split('\n').map(line => line.trim().split(/\s+/));
    expect(rows).toContainEqual([
      '0x0000000280000000-0x00000002ffffffff',
      '2G',
      'offline',
      '2',
      'Normal/Movable',
    ]);
    expect(rows).toContainEqual([
      '0x0000000308000000-0x0000000337ffffff',
      '768M',
      'offline',
      '3',
      'Normal/Movable',
    ]);
    expect(out).toMatch(/Total online memory: +8G/);
  });
});

describeClients(['chmem', 'lsmem'], () => {
  it('brings memory online by size, by block, by range and by zone, and takes it away', async () => {
    const { stdout } = await inMachine(`
      cd ${MEMORY}
      chmem -e 256M; cat memory80/state memory81/state memory82/state
      chmem -e -b 90-91; cat memory90/state memory92/state
      chmem -e 0x0000000308000000-0x000000030fffffff; cat memory97/state
      chmem -e --zone Normal -b 98; cat memory98/valid_zones
      chmem -d -b 98; cat memory98/state
      chmem -e -b 96; echo $?`);
    expect(stdout.split('\n')).toEqual([
      'online',
      'online',
      'offline',
      'online',
      'offline',
      'online',
      'Normal',
      'offline',
      '1',
      '',
    ]);
  });
});

describeClients(['numactl', 'numastat'], () => {
  it('shows the nodes of the machine and what is on them', async () => {
    const { stdout } = await inMachine(`
      chmem -e 1G; numactl --hardware`);
    expect(stdout).toContain('available: 4 nodes (0-3)');
    expect(stdout).toMatch(/node 2 cpus:\nnode 2 size: 1024 MB\nnode 2 free: \d+ MB/);
    expect(stdout).toMatch(/^ +2: +17 +28 +10 +28 $/m);
  });

  it('shows the memory of a node that came later', async () => {
    const { stdout } = await inMachine('chmem -e 1G; numastat -m 2>&1 | grep -E "Node 2|MemTotal"');
    expect(stdout).toMatch(/Node 0 +Node 1 +Node 2/);
    expect(stdout).toMatch(/MemTotal( +\d+\.\d+){2} +1024\.00/);
  });
});

describeClients(['lscpu'], () => {
  it('shows the processors of the machine, not of the host', async () => {
    const out = await stdoutOf('lscpu');
    expect(out).toMatch(/^CPU\(s\): +4$/m);
    expect(out).toMatch(/^NUMA node\(s\): +4$/m);
    expect(out).toMatch(/^NUMA node1 CPU\(s\): +2,3$/m);
    expect(out).toMatch(/^NUMA node2 CPU\(s\): *$/m);
  });

  it('shows as many sockets as nodes have processors', async () => {
    const out = await stdoutOf('lscpu', '--machine', 'hbm');
    expect(out).toMatch(/^Core\(s\) per socket: +56$/m);
    expect(out).toMatch(/^Socket\(s\): +2$/m);
  });
});

describeClients(['lstopo-no-graphics'], () => {
  it('draws the machine: two sockets with memory, and memory of its own kind beside each', async () => {
    const out = await stdoutOf('lstopo-no-graphics --no-io');
    expect(out.match(/NUMANode.*\(P#\d/g)).toHaveLength(4);
    expect(out.match(/NUMANode\(SPM\)/g)).toHaveLength(2);
    expect(out.match(/Package L#\d/g)).toHaveLength(2);
    expect(out.match(/PU L#\d \(P#\d\)/g)).toHaveLength(4);
  });
});

describeClients(['memkind-auto-dax-kmem-nodes'], () => {
  it('finds the nodes whose memory comes from devices, and only those', async () => {
    expect(await stdoutOf('memkind-auto-dax-kmem-nodes')).toBe('2,3\n');
    const { stdout } = await inMachine('modprobe -r dax_hmem; memkind-auto-dax-kmem-nodes 2>&1; echo $?');
    expect(stdout).not.toContain('2');
  });
});

describeClients(['dmesg'], () => {
  it('shows what the simulated kernel said, with levels and facilities', async () => {
    const { stdout } = await inMachine(
      'echo "<3>daxsim: a test" > /dev/kmsg; dmesg --decode | tail -1; dmesg | grep -c "Demotion targets for Node 0"',
    );
    const [last, demotions] = stdout.split('\n');
    expect(last).toMatch(/^user {2}:err {3}: \[ +\d+\.\d+\] daxsim: a test$/);
    expect(Number(demotions)).toBeGreaterThan(0);
  });

  it('follows: new lines come when they are said', async () => {
    const out = await stdoutOf(`
      timeout 5 dmesg --follow-new > /run/followed & sleep 0.3
      echo 0 > /sys/bus/dax/devices/dax0.0/align
      echo "first" > /dev/kmsg; echo "second" > /dev/kmsg
      for i in {1..40}; do grep -q second /run/followed && break; sleep 0.05; done; kill %1; cat /run/followed`);
    expect(out).toMatch(/first\n.*second\n$/);
  });
});
