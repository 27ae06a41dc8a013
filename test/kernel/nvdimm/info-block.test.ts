import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DimmHardware } from '../../../src/kernel/nvdimm/dimm-hardware.ts';
import { fletcher64 } from '../../../src/kernel/nvdimm/fletcher64.ts';
import {
  DAX_SIGNATURE,
  decodeInfoBlock,
  encodeInfoBlock,
  type InfoBlock,
  PFN_SIGNATURE,
} from '../../../src/kernel/nvdimm/info-block.ts';
import { interleaveSet } from '../../../src/kernel/nvdimm/interleave-set.ts';
import { parseUuid } from '../../../src/kernel/nvdimm/uuid.ts';
import { GIB, PMEM_START, PmemMachine } from './machine.ts';

const BLOCK: InfoBlock = {
  signature: DAX_SIGNATURE,
  uuid: '11111111-2222-4333-8444-555555555555',
  parentUuid: '66666666-7777-4888-8999-aaaaaaaaaaaa',
  versionMinor: 4,
  dataOffset: 0x1200000n,
  pages: 257536n,
  mode: 2,
  startPad: 0n,
  endTruncation: 0n,
  align: 0x200000n,
  pageSize: 4096,
  pageStructSize: 64,
};

describe('the info block', () => {
  it('is read back as it was written', () => {
    expect(decodeInfoBlock(encodeInfoBlock(BLOCK), DAX_SIGNATURE)).toEqual(BLOCK);
  });

  it('has its fields where the kernel has them', () => {
    const bytes = encodeInfoBlock(BLOCK);
    const view = new DataView(bytes.buffer);
    expect(Buffer.from(bytes.subarray(0, 16)).toString()).toBe('NVDIMM_DAX_INFO\0');
    expect([...bytes.subarray(16, 20)]).toEqual([0x11, 0x11, 0x11, 0x11]);
    expect([view.getUint16(52, true), view.getUint16(54, true)]).toEqual([1, 4]);
    expect(view.getBigUint64(56, true)).toBe(0x1200000n);
    expect(view.getUint32(84, true)).toBe(0x200000);
  });

  it('is none under another signature, or when any byte has changed', () => {
    const bytes = encodeInfoBlock(BLOCK);
    expect(decodeInfoBlock(bytes, PFN_SIGNATURE)).toBeUndefined();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4095 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = bytes.slice();
        broken[at]! ^= change;
        return decodeInfoBlock(broken, DAX_SIGNATURE) === undefined;
      }),
    );
  });

  it('has neither padding nor align before the versions that brought them', () => {
    const old = decodeInfoBlock(
      encodeInfoBlock({ ...BLOCK, versionMinor: 0, startPad: 4096n }),
      DAX_SIGNATURE,
    )!;
    expect([old.startPad, old.endTruncation, old.align]).toEqual([0n, 0n, 0n]);
  });
});

describe('checksums', () => {
  it('make the interleave set cookies that the emulated board has', () => {
    const dimm = new DimmHardware(0, { sizeBytes: 1n << 30n, labelBytes: 131072n });
    expect(interleaveSet([dimm], 1n << 30n)).toEqual({
      cookie1: 0x2468ac00123456n,
      cookie2: 0xba90120012b4dcn,
    });
  });

  it('are the two sums of little endian words', () => {
    expect(fletcher64(Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0))).toBe((4n << 32n) | 3n);
  });
});

describe('uuids', () => {
  it.each([
    ['11111111-2222-4333-8444-555555555555\n', '11111111-2222-4333-8444-555555555555'],
    ['AABBCCDDEEFF00112233445566778899', 'aabbccdd-eeff-0011-2233-445566778899'],
    ['aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99', 'aabbccdd-eeff-0011-2233-445566778899'],
  ])('%j is %s', (text, uuid) => {
    expect(parseUuid(text)).toBe(uuid);
  });

  it.each(['', 'bad', '1111111-2222-4333-8444-555555555555'])('%j is EINVAL', text => {
    expect(parseUuid(text)).toMatchObject({ name: 'EINVAL' });
  });
});

describe('a namespace with an info block', () => {
  it('comes back as what it was when nd_pmem looks at it', () => {
    const machine = new PmemMachine();
    machine.makeDevdax('pmem');
    machine.control('rmmod', 'dax_pmem');
    machine.setNd('dax0.0', 'namespace', '\n');
    expect(machine.bind('nd_pmem', 'namespace0.0')).toBe('ENXIO');
    expect(machine.nd('namespace0.0', 'holder')).toBe('dax0.0\n');
    expect(machine.nd('dax0.0', 'mode')).toBe('pmem\n');
    expect(machine.nd('dax0.0', 'uuid')).toBe('daf51000-0000-4000-8000-000000000001\n');
  });

  it('survives that all modules go and come', () => {
    const machine = new PmemMachine();
    machine.makeDevdax('ram');
    for (const module of ['dax_pmem', 'nd_pmem']) machine.control('rmmod', module);
    expect(machine.unbind('nd_region', 'region0')).toBe('OK');
    for (const module of ['nfit', 'nd_btt', 'libnvdimm']) expect(machine.control('rmmod', module)).toBe('OK');
    expect(machine.shell.exists('/sys/bus/nd')).toBe(false);
    for (const module of ['nfit', 'dax_pmem', 'nd_pmem']) machine.control('modprobe', module);
    expect(machine.read('/sys/bus/dax/devices/dax0.0/size')).toBe('1071644672\n');
  });

  it('that does not suit the live settings is refused, and says so', () => {
    const machine = new PmemMachine();
    machine.makeDevdax('ram');
    machine.unbind('dax_pmem', 'dax0.0');
    expect(machine.setNd('dax0.0', 'align', '4096')).toBe('OK');
    expect(machine.bind('dax_pmem', 'dax0.0')).toBe('EOPNOTSUPP');
    expect(machine.log()).toContain('dax_pmem dax0.0: init failed, settings mismatch');
  });

  it('leaves no room for data once the rest of it is truncated: refused', () => {
    const machine = new PmemMachine();
    machine.makeDevdax('ram');
    machine.unbind('dax_pmem', 'dax0.0');
    const { memory } = machine.machine.nvdimm;
    const bytes = memory.read(PMEM_START + 4096n, 4096) as Uint8Array;
    const block = decodeInfoBlock(bytes, DAX_SIGNATURE)!;
    const endTruncation = GIB - block.dataOffset;
    memory.write(PMEM_START + 4096n, encodeInfoBlock({ ...block, endTruncation }));
    expect(machine.bind('dax_pmem', 'dax0.0')).toBe('EOPNOTSUPP');
    expect(machine.log().at(-2)).toBe('dax_pmem dax0.0: bad offset with small namespace');
  });

  it('is not made without a mode', () => {
    const machine = new PmemMachine();
    machine.unbind('nd_pmem', 'namespace0.0');
    machine.setNd('dax0.0', 'uuid', 'daf51000-0000-4000-8000-000000000001');
    machine.setNd('dax0.0', 'namespace', 'namespace0.0');
    expect(machine.bind('dax_pmem', 'dax0.0')).toBe('ENXIO');
  });

  it('is a disk with page structures when a pfn device has it', () => {
    const machine = new PmemMachine();
    machine.unbind('nd_pmem', 'namespace0.0');
    machine.setNd('pfn0.0', 'mode', 'pmem\n');
    machine.setNd('pfn0.0', 'uuid', 'daf51000-0000-4000-8000-000000000002');
    machine.setNd('pfn0.0', 'namespace', 'namespace0.0');
    expect(machine.bind('nd_pmem', 'pfn0.0')).toBe('OK');
    expect(machine.nd('namespace0.0', 'mode')).toBe('memory\n');
    const sectors = (1073741824 - 0x1200000) / 512;
    expect(machine.read('/sys/bus/nd/devices/pfn0.0/block/pmem0/size')).toBe(`${sectors}\n`);
    expect(machine.machine.nvdimm.memory.media.read(PMEM_START + 4096n, 15)).toEqual(
      new Uint8Array(Buffer.from(PFN_SIGNATURE)),
    );
  });
});

describe('a btt', () => {
  function sectors(sectorSize: string) {
    const machine = new PmemMachine();
    machine.unbind('nd_pmem', 'namespace0.0');
    machine.setNd('btt0.0', 'sector_size', sectorSize);
    machine.setNd('btt0.0', 'uuid', 'daf51000-0000-4000-8000-000000000003');
    machine.setNd('btt0.0', 'namespace', 'namespace0.0');
    return machine;
  }

  it('is a disk that loses room for its map, its log and its spare blocks', () => {
    const machine = sectors('4096');
    expect(machine.bind('nd_pmem', 'btt0.0')).toBe('OK');
    expect(machine.nd('namespace0.0', 'mode')).toBe('safe\n');
    expect(machine.shell.list('/sys/bus/nd/devices/btt0.0/block')).toEqual(['pmem0s']);
    const available = 1073741824 - 4096 - 2 * 4096 - 16384;
    const blocks = Math.floor((available - 4096) / (4096 + 4)) - 256;
    expect(machine.nd('btt0.0', 'size')).toBe(`${blocks * 4096}\n`);
  });

  it('comes back as what it was when nd_pmem looks at it', () => {
    const machine = sectors('512');
    machine.bind('nd_pmem', 'btt0.0');
    const size = machine.nd('btt0.0', 'size');
    machine.unbind('nd_region', 'region0');
    machine.bind('nd_region', 'region0');
    expect(machine.nd('namespace0.0', 'holder')).toBe('btt0.1\n');
    expect(machine.nd('btt0.1', 'sector_size')).toBe('[512] 520 528 4096 4104 4160 4224 \n');
    expect(machine.nd('btt0.1', 'size')).toBe(size);
  });

  it('is a disk of its sectors, without bad blocks and settings of a dax device', () => {
    const machine = sectors('4104');
    machine.bind('nd_pmem', 'btt0.0');
    const disk = 'btt0.0/block/pmem0s';
    expect(machine.nd(disk, 'queue/logical_block_size')).toBe('4096\n');
    expect(machine.nd(disk, 'dax/write_cache')).toBe('ENOENT');
    expect(machine.nd(disk, 'badblocks')).toBe('\n');
    expect(machine.setNd(disk, 'badblocks', '1 1')).toBe('ENXIO');
  });

  it('needs a sector size', () => {
    const machine = sectors('513');
    expect(machine.nd('btt0.0', 'sector_size')).toBe('512 520 528 4096 4104 4160 4224 \n');
    expect(machine.bind('nd_pmem', 'btt0.0')).toBe('ENODEV');
  });
});
