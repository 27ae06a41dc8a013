import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Rooms that call each other, as drivers/base/memory.c and mm/memory_hotplug.c do. */
const memoryManagement = ['base/memory', 'base/node', 'base/cpus', 'acpi/numa', 'mm'];
const persistentMemory = ['nvdimm', 'acpi/nfit', 'block/badblocks', 'dax/pmem'];
const computeExpressLink = ['cxl', 'dax/cxl'];

const driverCore = ['lib', 'releases', 'fs', 'base', 'resource'];
const belowDax = [...driverCore, ...memoryManagement];

function together(rooms: readonly string[], below: readonly string[]): [string, string[]][] {
  return rooms.map(room => [room, [...rooms, ...below]]);
}

/** What a room of src/kernel may import besides itself. A file's room is the longest of these names that its path has. */
const kernelRooms: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  releases: [],
  fs: ['lib'],
  base: ['lib', 'fs', 'releases'],
  resource: ['lib'],
  ...Object.fromEntries(together(memoryManagement, driverCore)),
  acpi: driverCore,
  pci: driverCore,
  block: driverCore,
  dax: belowDax,
  'dax/hmem': [...belowDax, 'dax'],
  'test-hmm': belowDax,
  ...Object.fromEntries(together(persistentMemory, [...belowDax, 'acpi', 'block', 'dax'])),
  ...Object.fromEntries(together(computeExpressLink, [...belowDax, 'acpi', 'pci', 'dax'])),
};

/** The wings of src: what each may import besides itself, of src/. */
const wings: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  machine: ['kernel'],
  user: ['kernel', 'machine'],
  api: ['kernel', 'machine', 'user'],
  replay: ['kernel', 'machine', 'user', 'api'],
  cli: ['kernel', 'machine', 'user', 'api', 'replay'],
};

/** Of the kernel, mount/ sees the file system interface, values that it speaks in, and the rack that builds machines. */
const mountMayImport =
  /^(mount\/|src\/kernel\/(fs|lib)\/|src\/kernel\/base\/(uevent|printk|record-ring)|src\/machine\/(rack|description)\.ts)/;

function sources(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(directory, name));
}

function codeOf(file: string): string {
  return readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
}

function importsOf(file: string): string[] {
  const specifiers = codeOf(file).matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'([^']+)'/g);
  return [...specifiers].map(([, name]) =>
    name!.startsWith('.') ? normalize(join(dirname(file), name!)) : name!,
  );
}

function wingOf(file: string): string {
  return file.split('/')[1]!;
}

function roomOf(file: string): string | undefined {
  const path = file.replace(/^src\/kernel\//, '').replace(/\.ts$/, '/');
  const names = Object.keys(kernelRooms).filter(name => path.startsWith(`${name}/`));
  return names.sort((one, other) => other.length - one.length)[0];
}

function upwardImports(files: readonly string[], may: (file: string, name: string) => boolean): string[] {
  return files.flatMap(file =>
    importsOf(file)
      .filter(name => /^(src|mount|test)\//.test(name) && !may(file, name))
      .map(name => `${file} imports ${name}`),
  );
}

const all = sources('src');
const kernel = all.filter(file => wingOf(file) === 'kernel');
/** The simulated kernel and what describes its machine: without a host. */
const pure = all.filter(file => ['kernel', 'machine'].includes(wingOf(file)));

describe('the rooms of the house', () => {
  it('every file of src is in a wing, every file of the kernel in a room', () => {
    expect(all.filter(file => !(wingOf(file) in wings))).toEqual([]);
    expect(kernel.filter(file => roomOf(file) === undefined)).toEqual([]);
  });

  it('imports between wings point downwards', () => {
    const hosted = ['api', 'replay', 'cli'];
    const upwards = upwardImports(all, (file, name) =>
      name.startsWith('src/')
        ? [wingOf(file), ...wings[wingOf(file)]!].includes(wingOf(name))
        : name.startsWith('mount/') && hosted.includes(wingOf(file)),
    );
    expect(upwards).toEqual([]);
  });

  it('imports between rooms of the kernel point downwards', () => {
    const upwards = upwardImports(kernel, (file, name) => {
      const room = roomOf(file)!;
      return name.startsWith('src/kernel/') && [room, ...kernelRooms[room]!].includes(roomOf(name)!);
    });
    expect(upwards).toEqual([]);
  });

  it('mount sees the kernel only through the file system and the streams', () => {
    const through = sources('mount').flatMap(file =>
      importsOf(file)
        .filter(name => /^(src|test)\//.test(name) && !mountMayImport.test(name))
        .map(name => `${file} imports ${name}`),
    );
    expect(through).toEqual([]);
  });
});

describe('the simulated machine', () => {
  it('imports nothing of Node and no package outside machine files', () => {
    const packages = pure.flatMap(file =>
      importsOf(file)
        .filter(name => !name.startsWith('src/'))
        .filter(name => !(wingOf(file) === 'machine' && ['zod', 'yaml', 'leven'].includes(name)))
        .map(name => `${file} imports ${name}`),
    );
    expect(packages).toEqual([]);
  });

  it('does no I/O, keeps no time and rolls no dice', () => {
    const impure =
      /\b(?:Date\.now|new Date|performance\.now|process\.(?:env|argv|exit|stdin|stdout|stderr|hrtime|nextTick|cwd|kill|memoryUsage)|Math\.random|console\.|setTimeout|setInterval|setImmediate|queueMicrotask|globalThis)/g;
    const found = pure.flatMap(file => [...codeOf(file).matchAll(impure)].map(([use]) => `${file}: ${use}`));
    expect(found).toEqual([]);
  });
});
