import { describe, expect, it } from 'vitest';
import { isErrors, type MachineDescription, type MachineError } from '../../src/machine/description.ts';
import { readFirmware } from '../../src/machine/firmware/read-firmware.ts';
import { parseMachine } from '../../src/machine/parse-machine.ts';
import { machineJsonSchema } from '../../src/machine/schema.ts';
import { readRecording } from './recordings.ts';

function machine(text: string, fileName = 'lab.yaml'): MachineDescription {
  const parsed = parseMachine(text, fileName);
  if (isErrors(parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
}

function errors(text: string): MachineError[] {
  const parsed = parseMachine(text, 'lab.yaml');
  return isErrors(parsed) ? parsed : [];
}

const nodes = `nodes:
  - cpus: 2
    ram: 4GiB
  - {}
`;

describe('a machine file', () => {
  it('gives the kernel, the command line, the modules and the layout', () => {
    const { name, kernel, cmdline, before, options, firmware } = machine(`
kernel: 6.6
cmdline: ro quiet
parameters:
  movable_node: true
  dax_hmem.region_idle: false
  memory_hotplug.auto_movable_ratio: 401
auto_online: online_movable
block_size: 256MiB
dev_nodes: file
poison: [{ start: 0x180000000, size: 4096 }]
${nodes}
soft_reserved:
  - { start: 0x180000000, size: 2GiB, node: 1 }
  - { size: 900M }
modules: [dax_hmem, { name: kmem, x: true }]
before: [rmmod kmem]
`);
    expect({ name, kernel }).toEqual({ name: 'lab', kernel: '6.6' });
    expect(cmdline).toBe(
      'ro quiet movable_node dax_hmem.region_idle=N memory_hotplug.auto_movable_ratio=401 memhp_default_state=online_movable',
    );
    expect(before).toEqual(['modprobe dax_hmem', 'modprobe kmem x=Y', 'rmmod kmem']);
    expect(options).toEqual({
      memoryBlockSize: 256 << 20,
      devNodes: 'file',
      poison: [{ start: '0x180000000', end: '0x180000fff' }],
    });
    const soft = firmware.memoryMap.filter(entry => entry.type === 'soft reserved');
    expect(soft.map(({ start, end }) => `${start}-${end}`)).toEqual([
      '0x180000000-0x1ffffffff',
      '0x200000000-0x2383fffff',
    ]);
  });

  it('loads what the hardware needs when it names no modules', () => {
    expect(machine(nodes)).toMatchObject({ autoload: true, before: [] });
    expect(machine(`${nodes}modules: []`)).not.toHaveProperty('autoload');
  });

  it('takes the kernel as it is written: 6.10 is not 6.1', () => {
    expect(machine(`${nodes}kernel: 6.10`).kernel).toBe('6.10');
    expect(machine(`${nodes}kernel: 5.10`).kernel).toBe('5.10');
    expect(machine('{"kernel": 5.10, "nodes": [{"cpus": 1, "ram": "2GiB"}]}').kernel).toBe('5.10');
  });

  it('takes a size with a blank before its unit', () => {
    expect(machine(`${nodes}block_size: 1 GiB`).options.memoryBlockSize).toBe(1 << 30);
  });

  it('splits RAM around the hole below 4 GiB, over all nodes in order', () => {
    const { memory } = readFirmware(
      machine('nodes: [{ cpus: 1, ram: 1GiB }, { cpus: 0-0, ram: 3GiB }]'.replace('0-0', '1-2')),
    );
    expect(memory.map(({ start, end, node }) => `${node} ${start.toString(16)}-${end.toString(16)}`)).toEqual(
      ['0 1000-9efff', '0 100000-3fffffff', '1 40000000-7ffddfff', '1 100000000-17fffffff'],
    );
  });

  it('places RAM of a given size behind a node whose ranges are given', () => {
    const { firmware } = machine(`nodes:
  - { cpus: 2, ram: [{ start: 0, size: 2GiB }, { start: 4GiB, size: 2GiB }] }
  - { cpus: 2, ram: 4GiB }
  - { ram: [{ start: 64GiB, size: 1GiB }] }
  - { ram: 1GiB }
`);
    const of = (domain: number) => firmware.srat.filter(entry => entry.proximityDomain === domain);
    expect(of(1)).toMatchObject([{ start: '0x180000000', end: '0x27fffffff' }]);
    expect(of(3)).toMatchObject([{ start: '0x1040000000', end: '0x107fffffff' }]);
  });

  it('has a kernel with the class model when it asks for that alone', () => {
    expect(machine(`${nodes}class_model: compat`).kernel).toBe('5.10');
    expect(errors(`${nodes}kernel: 6.12\nclass_model: compat`)).toEqual([
      { path: 'class_model', message: 'Linux 6.12 has no class model: it went with 5.17', line: 6 },
    ]);
  });

  it('reads JSON, and takes the name of a recorded machine from its directory', () => {
    expect(machine(`{"nodes": [{"cpus": 1, "ram": "2GiB"}]}`, 'dir/small.json').name).toBe('small');
    const recorded = machine(readRecording('6.12-fuzz-f-1', 'machine.json'), 'a/b/machine.json');
    expect(recorded).toMatchObject({ name: 'b', kernel: '6.12.117' });
    // 1026M of DIMM for a range that the SRAT shows as non-volatile; its domain is 2, and the kernel's node 3.
    expect(recorded.firmware.nvdimms).toEqual([
      { start: '0x200000000', end: '0x23fffffff', proximityDomain: 2, size: 1026 << 20, labelSize: 131072 },
    ]);
    expect(readFirmware(recorded).nfit[0]?.targetNode).toBe(3);
  });

  it('tolerates unknown keys in a recorded machine only', () => {
    const recorded = JSON.parse(readRecording('6.12-01-load-order', 'machine.json'));
    const text = JSON.stringify({ ...recorded, extra: 1, firmware: { ...recorded.firmware, more: [] } });
    expect(machine(text, 'x.json').kernel).toBe('6.12.117');
    expect(errors(`${nodes}extra: 1`)).toMatchObject([{ path: 'extra', line: 5 }]);
  });
});

describe('errors in a machine file', () => {
  const message = expect.any(String);

  it.each([
    ['nodes: []', [{ path: 'nodes', line: 1 }]],
    [`${nodes}kernel: 5.1`, [{ path: 'kernel', line: 5 }]],
    [`${nodes}kernel: "4.4"`, [{ path: 'kernel', line: 5 }]],
    [`${nodes}kernel: 6.8.0-45-generic`, [{ path: 'kernel', line: 5 }]],
    [`${nodes}block_size: 100MiB`, [{ path: 'block_size', line: 5 }]],
    [`${nodes}soft_reserved:\n  - size: lots\n    node: 1`, [{ path: 'soft_reserved[0].size', line: 6 }]],
    [`${nodes}soft_reserved:\n  - size: 1GiB\n    node: 7`, [{ path: 'soft_reserved[0].node', line: 7 }]],
    [
      `${nodes}soft_reserved:\n  - { size: 1GiB, start: 0x17ff00000 }`,
      [{ path: 'soft_reserved[0]', line: 6 }],
    ],
    [
      `${nodes}soft_reserved: [{ start: 4GiB, size: 1GiB, node: 1 }]`,
      [{ path: 'soft_reserved[0].node', line: 5 }],
    ],
    ['nodes:\n - cpus: 1\n   ram:\n    - size: 1GiB', [{ path: 'nodes[0].ram[0].start', line: 4 }]],
    ['nodes: [{ cpus: 1, ram: 17EiB }]', [{ path: 'nodes[0].ram', line: 1 }]],
    ['nodes: [{ cpus: 1, ram: 100K }]', [{ path: 'nodes', line: 1 }]],
    ['nodes: [{ cpus: 100000000, ram: 1GiB }]', [{ path: 'nodes[0].cpus', line: 1 }]],
    ['nodes: [{ cpus: "0,8192", ram: 1GiB }]', [{ path: 'nodes[0].cpus', line: 1 }]],
    ['nodes: [{ cpus: "0,3-1", ram: 1GiB }]', [{ path: 'nodes[0].cpus', line: 1 }]],
    [`${nodes}poison: [{ start: 4GiB, size: 0 }]`, [{ path: 'poison[0].size', line: 5 }]],
    [`${nodes}  - hotplug: [{ start: 5GiB, size: 1GiB }]`, [{ path: 'nodes[2].hotplug[0]', line: 5 }]],
    ['nodes: [{ cpus: 0, ram: 1GiB }]', [{ path: 'nodes', line: 1 }]],
    ['nodes: [{ cpus: 1 }]', [{ path: 'nodes', line: 1 }]],
    ['nodes:\n - { cpus: 1, ram: 1GiB }\n - { cpus: "0" }', [{ path: 'nodes[1].cpus', line: 3 }]],
    ['nodes:\n - { cpus: 1, ram: 1GiB, distances: [10, 20] }', [{ path: 'nodes[0].distances', line: 2 }]],
    ['nodes:\n - { cpus: 1, ram: 1GiB, distances: [20] }', [{ path: 'nodes[0].distances', line: 2 }]],
    [`${nodes}hmat: [{ initiator: 0, target: 5, latency: 1 }]`, [{ path: 'hmat[0].target', line: 5 }]],
    [
      'firmware: {}',
      [{ path: 'kernel' }, { path: 'cmdline' }, { path: 'firmware.memory_map' }, { path: 'firmware.cpus' }],
    ],
  ])('%j', (text, expected) => {
    const found = errors(text);
    expect(found).toHaveLength(expected.length);
    for (const [index, error] of expected.entries())
      expect(found[index]).toMatchObject({ message, ...error });
  });

  it('are all reported at once, in the order of the file', () => {
    expect(
      errors(`${nodes}block_size: 3\ndev_nodes: pipe\nauto_online: yes`).map(error => error.path),
    ).toEqual(['dev_nodes', 'auto_online']);
    expect(errors(`${nodes}block_size: 3\nkernel: 4.2`).map(error => error.path)).toEqual([
      'block_size',
      'kernel',
    ]);
  });

  it('say what was expected, for each form that a value may have', () => {
    const said = (text: string): string =>
      errors(text)
        .map(error => error.message)
        .join('; ');
    expect(said('nodes: [{ cpus: x }]')).toBe('expected CPUs such as 0-3,8');
    expect(said(`${nodes}modules: [3]`)).toBe('expected string or object, received number');
    expect(said('nodes: [{ cpus: 1, ram: 1.5 }]')).toBe('expected int or string or array, received number');
    expect(said(`${nodes}pmem: [{ size: 1GiB }]`)).toBe('missing: expected number');
  });

  it.each([
    ['memory_block_size: 2GiB', 'did you mean block_size?'],
    ['Soft-Reserved: []', 'did you mean soft_reserved?'],
    ['cxl: []', 'did you mean cxl_windows?'],
    ['kernal: "6.12"', 'did you mean kernel?'],
    ['distances: [10]', 'it belongs to nodes[]'],
    ['memhp_default_state: online', 'it belongs to parameters'],
    ['colour: red', '"daxsim schema" describes those that are known'],
    ['soft_reserved: [{ size: 1GiB, nodes: 1 }]', 'did you mean node?'],
    ['soft_reserved: [{ size: 1GiB, labels: 1 }]', 'it belongs to pmem[]'],
    ['soft_reserved: [{ size: 1GiB, domain: 1 }]', 'known are start, size, node'],
  ])('tell of the unknown key of %s what to write in its place', (line, instead) => {
    expect(errors(`${nodes}${line}`).map(({ message }) => message)).toEqual([`unknown key: ${instead}`]);
  });

  it('tell the choice that was nearly made', () => {
    expect(errors(`${nodes}auto_online: online_moveable`)[0]?.message).toMatch(
      / \(did you mean online_movable\?\)$/,
    );
    expect(errors(`${nodes}auto_online: never`)[0]?.message).not.toContain('did you mean');
  });

  it('are one for each place', () => {
    expect(errors('nodes: lab')).toMatchObject([
      { path: 'nodes', message: 'expected array, received string' },
    ]);
  });

  it('are none where a CXL window has memory that its firmware committed', () => {
    const window = 'cxl_windows: [{ start: 16GiB, size: 2GiB }]';
    const soft = (start: string) =>
      `${nodes}soft_reserved: [{ start: ${start}, size: 1GiB, node: 1 }]\n${window}`;
    expect(errors(soft('16GiB'))).toEqual([]);
    expect(
      errors(`nodes: [{ cpus: 1, ram: 4GiB }, { ram: [{ start: 16GiB, size: 1GiB }] }]\n${window}`),
    ).toEqual([]);
    expect(errors(soft('0x3e0000000'))).toMatchObject([{ path: 'cxl_windows[0]', line: 6 }]);
    expect(errors(`${nodes}pmem: [{ start: 16GiB, size: 1GiB, node: 1 }]\n${window}`)).toHaveLength(1);
  });

  it('tell what no CXL window can be', () => {
    const window = (text: string) => errors(`${nodes}cxl_windows: [{ ${text} }]`);
    expect(window('start: 16GiB, size: 1GiB, ways: 12')).toEqual([]);
    expect(window('size: 1GiB, ways: 5')).toMatchObject([{ path: 'cxl_windows[0].ways', line: 5 }]);
    const misaligned = { path: 'cxl_windows[0]', message: 'a window begins and ends at multiples of 256MiB' };
    expect(window('size: 300MiB')).toMatchObject([misaligned]);
    expect(window('start: 0x408000000, size: 1GiB')).toMatchObject([misaligned]);
  });

  it('tell what no recording of a machine says', () => {
    const text = readRecording('6.12-01-load-order', 'machine.json');
    const changed = (change: (firmware: Record<string, Record<string, unknown>[]>) => void) => {
      const recorded = JSON.parse(text);
      change(recorded.firmware);
      return errors(JSON.stringify(recorded)).map(({ path, message }) => `${path}: ${message}`);
    };
    const last = JSON.parse(text).firmware.memory_map.length - 1;
    const range = (end: string) => changed(({ memory_map }) => Object.assign(memory_map!.at(-1)!, { end }));
    expect(range('0x1')).toEqual([`firmware.memory_map[${last}].end: ends before it begins`]);
    expect(range('0xffffffffffffffff')[0]).toContain('reaches past the 52 bits');
    expect(changed(({ memory_map }) => memory_map!.splice(1))[0]).toContain(
      'less than 16MiB of usable memory',
    );
    const cpu = (value: object) => changed(({ cpus }) => cpus!.splice(1, 1, { cpu: 1, node: 0, ...value }));
    expect(cpu({ node: null })).toEqual(['firmware.cpus[1].node: expected number or string, received null']);
    expect(cpu({ node: undefined })).toEqual(['firmware.cpus[1].node: missing: expected number or string']);
    expect(cpu({ cpu: '0' })).toEqual(['firmware.cpus[1].cpu: CPU 0 is there twice']);
    expect(cpu({ cpu: 8192 })).toEqual(['firmware.cpus[1].cpu: expected number to be <=8191']);
  });

  it('have a line also where the file is no YAML', () => {
    expect(errors('nodes:\n  - cpus: [1\n')).toMatchObject([{ path: '', message, line: 3 }]);
  });
});

interface Described {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly Described[];
  readonly items?: Described;
  readonly properties?: Readonly<Record<string, Described>>;
}

describe('the published schema', () => {
  it('is JSON Schema with the keys of a machine file and what they mean', () => {
    const schema = machineJsonSchema() as {
      required: string[];
      properties: Record<string, { description?: string }>;
    };
    expect(schema.required).toEqual(['nodes']);
    expect(schema.properties.auto_online?.description).toContain('memhp_default_state');
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  it('describes every key, wherever it may stand, and its examples are right', () => {
    const bare: string[] = [];
    const walk = ({ anyOf = [], items, properties = {} }: Described, place: string): void => {
      for (const form of anyOf) walk(form, place);
      if (items) walk(items, `${place}[]`);
      for (const [key, value] of Object.entries(properties)) {
        if (!value.description) bare.push(`${place}.${key}`);
        walk(value, `${place}.${key}`);
      }
    };
    const schema = machineJsonSchema() as Described;
    walk(schema, '');
    expect(bare).toEqual([]);
    for (const [key, { examples = [] }] of Object.entries(schema.properties!)) {
      for (const example of examples) {
        const found = errors(JSON.stringify({ nodes: [{ cpus: 1, ram: '8GiB' }, {}], [key]: example }));
        expect({ key, found }).toEqual({ key, found: [] });
      }
    }
  });

  it.each([
    ['guests/lab.yaml', 'lab'],
    ['guests/lab/machine.json', 'lab'],
    ['lab//machine.yaml', 'lab'],
    ['lab/./machine.yaml', 'lab'],
    ['machine.yaml', 'machine'],
    ['./machine.yaml', 'machine'],
    ['../machine.yaml', 'machine'],
    ['/machine.yaml', 'machine'],
  ])('at %s is the machine %s, however the path is written', (path, name) => {
    expect(machine(nodes, path).name).toBe(name);
  });

  it('may be named by a JSON file, as editors want it', () => {
    expect(errors('{ "$schema": "machine.schema.json", "nodes": [{ "cpus": 1, "ram": "2GiB" }] }')).toEqual(
      [],
    );
  });
});

describe('the limits of a machine file', () => {
  const many = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n');

  it('let one YAML anchor be used for each of a thousand nodes, and tell of aliases that multiply', () => {
    const anchored = `nodes:\n  - &n { cpus: 1, ram: 16MiB }\n${many(900, () => '  - *n')}`;
    expect(machine(anchored).firmware.cpus).toHaveLength(901);
    const bomb = [
      'a: &a [x]',
      ...'bcdefgh'
        .split('')
        .map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[i]}`).join(', ')}]`),
    ];
    expect(errors(bomb.join('\n'))[0]?.message).toMatch(/^aliases \(\*name\) stand for more than/);
    expect(errors('nodes: [*nowhere]')[0]?.message).toMatch(/nowhere/);
    expect(errors(`nodes: ${'['.repeat(100_000)}`).length).toBeGreaterThan(0);
  });

  it.each(['../../../etc', '', '..', 'a/b', 'x'.repeat(256)])(
    'refuse the name %j, which no directory can have',
    name => {
      expect(errors(`name: ${JSON.stringify(name)}\n${nodes}`)).toMatchObject([{ path: 'name', line: 1 }]);
    },
  );

  it('are those of the kernel: 1,024 nodes, 2,047 bytes of command line, 3,200 entries of memory map', () => {
    expect(errors(`nodes:\n  - { cpus: 1, ram: 1GiB }\n${many(1023, () => '  - {}')}`)).toEqual([]);
    expect(errors(`nodes:\n  - { cpus: 1, ram: 1GiB }\n${many(1024, () => '  - {}')}`)).toMatchObject([
      { path: 'nodes' },
    ]);
    expect(errors(`cmdline: ${'x'.repeat(2047)}\n${nodes}`)).toEqual([]);
    expect(errors(`cmdline: ${'x'.repeat(2048)}\n${nodes}`)).toMatchObject([
      {
        path: 'cmdline',
        message: '2048 bytes of command line with all parameters: a kernel takes 2047 at most',
      },
    ]);
    const soft = (count: number) => `${nodes}\nsoft_reserved:\n${many(count, () => '  - { size: 2MiB }')}`;
    expect(errors(soft(3000))).toEqual([]);
    expect(errors(soft(3201))).toMatchObject([{ path: 'soft_reserved' }]);
  });
});
