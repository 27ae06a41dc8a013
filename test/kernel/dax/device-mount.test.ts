import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseTransport } from '../../../mount/host.ts';
import { Mounted } from './mounted.ts';

const MACHINE = `
kernel: '6.12'
auto_online: offline
nodes: [{ cpus: 2, ram: 4G }, {}, {}]
soft_reserved:
  - { start: 0x10000000000, size: 1T, node: 1 }
pmem:
  - { start: 0x400000000, size: 4G, node: 2, labels: 128K }
cxl_windows:
  - { start: 0x1000000000, size: 16G }
`;
const CONTROL = 'sys/kernel/debug/daxsim';
const TIB = 2 ** 40;

const refusal = await chooseTransport('devfuse').then(
  () => undefined,
  (error: Error) => error.message,
);
/** fuse-native lets no file be mapped shared. */
const onMount = describe.skipIf(refusal !== undefined);

onMount('the contents of dax devices on a mount', () => {
  let mounted: Mounted;
  let name: string;
  let file: string;

  beforeAll(async () => {
    mounted = await Mounted.start(MACHINE);
    name = (await mounted.run('basename sys/devices/platform/hmem.*/dax*.0')).trim();
    file = `${CONTROL}/mem/${name}`;
  });

  afterAll(() => mounted.stop());

  it('open only while device_dax has the device', async () => {
    expect((await mounted.attempt(`cat ${file}`)).stderr).toContain('No such device or address');
    await mounted.run(`
      echo ${name} > sys/bus/dax/drivers/kmem/unbind
      echo ${name} > sys/bus/dax/drivers/device_dax/new_id`);
    expect(await mounted.run(`stat -c '%F %s %b' ${file}`)).toBe(`regular file ${TIB} 0\n`);
  });

  it('can be mapped anywhere, and another process sees the stores', async () => {
    const offset = TIB / 2;
    const stored = await mounted.mapped(file, offset, `memory.set(Buffer.from('far away'), 4096);`);
    expect(stored.status).toBe(0);
    expect((await mounted.mapped(file, offset, 'show(4096, 8)')).stdout).toBe('far away\n');
  });

  it('keep stores that nobody wrote back, over unbind and bind', async () => {
    const driver = 'sys/bus/dax/drivers/device_dax';
    const rebind = `
      memory.set(Buffer.from('dirty'), 0);
      const root = process.argv[1].slice(0, process.argv[1].indexOf('/sys/'));
      fs.writeFileSync(root + '/${driver}/unbind', '${name}');
      fs.writeFileSync(root + '/${driver}/bind', '${name}');`;
    expect((await mounted.mapped(file, 0, rebind)).status).toBe(0);
    expect((await mounted.mapped(file, 0, 'show(0, 5)')).stdout).toBe('dirty\n');
  });

  it('end with the binding: a mapping from before gets SIGBUS', async () => {
    const driver = 'sys/bus/dax/drivers/device_dax';
    const outlive = `
      const root = process.argv[1].slice(0, process.argv[1].indexOf('/sys/'));
      fs.writeFileSync(root + '/${driver}/unbind', '${name}');
      console.log(memory[0]);`;
    expect((await mounted.mapped(file, 0, outlive)).status).toBe('SIGBUS');
    await mounted.run(`echo ${name} > ${driver}/bind`);
  });

  it('are what the simulated process maps, too', async () => {
    const shown = await mounted.run(`
      echo "mmap ${name} 0x200000" > ${CONTROL}/mappings
      echo 'store 0 16 simulated' > ${CONTROL}/mappings
      dd if=${file} bs=1 skip=16 count=9 status=none
      cat ${CONTROL}/mappings`);
    expect(shown).toContain('simulated0 ');
    expect(shown).toContain('present=1 pte=0 pmd=1 pud=0 sigbus=0');
    expect((await mounted.attempt(`echo 'load 0 0x200000' > ${CONTROL}/mappings`)).status).not.toBe(0);
    await mounted.run(`echo 'munmap 0' > ${CONTROL}/mappings`);
  });

  it('leave with a reset', async () => {
    await mounted.run(`
      echo 1 > ${CONTROL}/reset
      echo ${name} > sys/bus/dax/drivers/kmem/unbind
      echo ${name} > sys/bus/dax/drivers/device_dax/new_id`);
    expect((await mounted.mapped(file, 0, 'console.log(memory[0])')).stdout).toBe('0\n');
  });
});

onMount('a CXL region on a mount', () => {
  let mounted: Mounted;

  beforeAll(async () => {
    mounted = await Mounted.start(MACHINE);
  });

  afterAll(() => mounted.stop());

  it('is made by writing its attributes, and its dax device appears', async () => {
    await mounted.run(`
      cd sys/bus/cxl/devices
      region=$(cat decoder0.0/create_ram_region)
      echo $region > decoder0.0/create_ram_region
      echo 256 > $region/interleave_granularity
      echo 1 > $region/interleave_ways
      echo 0x40000000 > $region/size
      echo ram > decoder2.0/mode
      echo 0x40000000 > decoder2.0/dpa_size
      echo decoder2.0 > $region/target0
      echo 1 > $region/commit
      echo $region > ../drivers/cxl_region/bind`);
    expect(await mounted.run('cat sys/bus/cxl/devices/dax_region*/dax[0-9]*/size')).toBe('1073741824\n');
    const iomem = await mounted.run('grep -A4 CXL proc/iomem');
    expect(iomem.replace(/\d+\.0/, 'X.0').replace(/region\d/, 'regionN')).toContain(
      [
        '1000000000-13ffffffff : CXL Window 0',
        '  1000000000-103fffffff : regionN',
        '    1000000000-103fffffff : daxX.0',
        '      1000000000-103fffffff : System RAM (kmem)',
        '',
      ].join('\n'),
    );
  });
});

onMount('test_hmm on a mount', () => {
  let mounted: Mounted;

  beforeAll(async () => {
    mounted = await Mounted.start(MACHINE);
  });

  afterAll(() => mounted.stop());

  it('moves pages to a device and back at the touch of the CPU', async () => {
    const shown = await mounted.run(`
      echo test_hmm > ${CONTROL}/modprobe
      cd ${CONTROL}/hmm
      echo 'store 0x1000 hello' > process
      echo 'migrate 0x1000 1 hmm_dmirror0' > process
      tail -n 1 process
      echo 'load 0x1000' > process
      cat process`);
    expect(shown).toMatch(/^000000001000 hmm_dmirror0 0x[0-9a-f]+ "hello"\n/);
    expect(shown).toContain('faults=1 to_device=1 to_system=1\n000000001000 system "hello"\n');
    expect(await mounted.run('tail -n 2 proc/iomem')).toMatch(/^(\S+ : hmm_dmirror\n){2}$/);
    await mounted.run(`echo test_hmm > ${CONTROL}/rmmod`);
    expect(await mounted.run('grep -c hmm proc/iomem || true')).toBe('0\n');
  });
});

onMount('dev_nodes: file on a mount', () => {
  it('puts the contents at the place of the device nodes', async () => {
    const mounted = await Mounted.start(`dev_nodes: file\n${MACHINE}`);
    try {
      const name = (await mounted.run('basename sys/devices/platform/hmem.*/dax*.0')).trim();
      await mounted.run(`
        echo ${name} > sys/bus/dax/drivers/kmem/unbind
        echo ${name} > sys/bus/dax/drivers/device_dax/new_id`);
      await mounted.mapped(`dev/${name}`, 0, `memory.set(Buffer.from('at /dev'), 0)`);
      expect(await mounted.run(`head -c 7 ${CONTROL}/mem/${name}`)).toBe('at /dev');
    } finally {
      await mounted.stop();
    }
  });
});

onMount('persistent memory on a mount', () => {
  it('keeps the stores of a program over a reboot of the machine, and the device comes back', async () => {
    const mounted = await Mounted.start(`
kernel: '6.12'
nodes: [{ cpus: 2, ram: 4G }]
legacy_pmem: [{ start: 0x200000000, size: 1G, node: 0 }]
`);
    try {
      await mounted.run(`
        cd sys/bus/nd/devices
        echo namespace0.0 > ../drivers/nd_pmem/unbind
        echo pmem > dax0.0/mode
        echo 6a1b2c3d-0000-4000-8000-000000000001 > dax0.0/uuid
        echo namespace0.0 > dax0.0/namespace
        echo dax0.0 > ../drivers/dax_pmem/bind`);
      const file = `${CONTROL}/mem/dax0.0`;
      await mounted.mapped(file, 4096 * 512, `memory.set(Buffer.from('durable'), 0)`);
      await mounted.run(`echo 1 > ${CONTROL}/reboot`);
      expect((await mounted.mapped(file, 4096 * 512, 'show(0, 7)')).stdout).toBe('durable\n');
    } finally {
      await mounted.stop();
    }
  });
});
