import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

const providers = ['hmem', 'nvdimm', 'cxl'];
const belowDax = ['lib', 'fs', 'base', 'mm'];

/** What a layer of src/ may import besides itself. */
const layers: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  fs: ['lib'],
  base: ['lib', 'fs'],
  mm: ['lib', 'fs', 'base'],
  dax: belowDax,
  hmem: [...belowDax, 'dax'],
  nvdimm: [...belowDax, 'dax'],
  cxl: [...belowDax, 'dax'],
  machine: [...belowDax, 'dax', ...providers],
};

/** Of the kernel, mount/ sees the file system interface, values that it speaks in, and the rack that builds machines. */
const mountMayImport =
  /^(mount\/|src\/fs\/|src\/lib\/|src\/base\/(uevent|printk|record-ring)|src\/machine\/(rack|description)\.ts)/;

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

function layerOf(file: string): string {
  return file.split('/')[1]!;
}

const kernel = sources('src').filter(file => layerOf(file) !== 'cli');

describe('the layers of the house', () => {
  it('every directory of src is a layer', () => {
    const known = [...Object.keys(layers), 'cli'];
    expect([...new Set(sources('src').map(layerOf))].filter(layer => !known.includes(layer))).toEqual([]);
  });

  it('imports in the kernel point downwards', () => {
    const upwards = kernel.flatMap(file =>
      importsOf(file)
        .filter(name => /^(src|mount|test)\//.test(name))
        .filter(name => {
          const layer = layerOf(file);
          return !name.startsWith('src/') || ![layer, ...layers[layer]!].includes(layerOf(name));
        })
        .map(name => `${file} imports ${name}`),
    );
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

describe('the simulated kernel', () => {
  it('imports nothing of Node and no package outside machine files', () => {
    const packages = kernel.flatMap(file =>
      importsOf(file)
        .filter(name => !name.startsWith('src/'))
        .filter(name => !(layerOf(file) === 'machine' && ['zod', 'yaml', 'leven'].includes(name)))
        .map(name => `${file} imports ${name}`),
    );
    expect(packages).toEqual([]);
  });

  it('does no I/O, keeps no time and rolls no dice', () => {
    const impure =
      /\b(?:Date\.now|new Date|performance\.now|process\.(?:env|argv|exit|stdin|stdout|stderr|hrtime|nextTick|cwd|kill|memoryUsage)|Math\.random|console\.|setTimeout|setInterval|setImmediate|queueMicrotask|globalThis)/g;
    const found = kernel.flatMap(file =>
      [...codeOf(file).matchAll(impure)].map(([use]) => `${file}: ${use}`),
    );
    expect(found).toEqual([]);
  });
});
