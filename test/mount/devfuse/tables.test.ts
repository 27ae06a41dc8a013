import { describe, expect, it } from 'vitest';
import { HandleTable } from '../../../mount/devfuse/handle-table.ts';
import { NodeTable } from '../../../mount/devfuse/node-table.ts';
import {
  Attr,
  InHeader,
  InitOut,
  OutHeader,
  ReadIn,
  SetattrIn,
  StatfsOut,
} from '../../../mount/devfuse/protocol.ts';
import { decodeDevice, encodeDevice } from '../../../mount/device-number.ts';
import { createFileSystem } from '../fixture.ts';

function fixture() {
  const onBug = (error: unknown) => {
    throw error;
  };
  return createFileSystem({}, { clock: () => 0n, onBug });
}

describe('the protocol tables', () => {
  it('have the sizes of include/uapi/linux/fuse.h', () => {
    const sizes = [InHeader, OutHeader, InitOut, Attr, SetattrIn, ReadIn, StatfsOut].map(
      ({ bytes }) => bytes,
    );
    expect(sizes).toEqual([40, 16, 64, 88, 88, 40, 80]);
  });

  it('spell device numbers as new_encode_dev does', () => {
    expect(encodeDevice({ major: 252, minor: 0x12345 })).toBe(0x1230fc45);
    expect(decodeDevice(0x1230fc45)).toEqual({ major: 252, minor: 0x12345 });
  });
});

describe('the node table', () => {
  it('forgets a node when all its lookups are forgotten, and the root never', () => {
    const fileSystem = fixture();
    const nodes = new NodeTable(fileSystem);
    const bus = fileSystem.lookup(fileSystem.root, 'bus');
    if ('code' in bus) throw new Error(bus.name);
    const known = nodes.give(bus, nodes.root, 'bus');
    expect(nodes.give(bus, nodes.root, 'bus')).toBe(known);
    nodes.forget(known.id, 1);
    expect(nodes.find(bus)).toBe(known);
    nodes.forget(known.id, 1);
    expect(nodes.find(bus)).toBeUndefined();
    expect(nodes.root.children.size).toBe(0);
    nodes.forget(nodes.root.id, 5);
    expect(nodes.get(1)).toBe(nodes.root);
  });

  it('follows a node to its new name', () => {
    const fileSystem = fixture();
    const nodes = new NodeTable(fileSystem);
    const dev = fileSystem.lookup(fileSystem.root, 'dev');
    if ('code' in dev) throw new Error(dev.name);
    const known = nodes.give(dev, nodes.root, 'dev');
    nodes.place(known, nodes.root, 'other');
    expect([...nodes.root.children]).toEqual([['other', known]]);
  });
});

describe('the handle table', () => {
  it('gives numbers again only after they were released', () => {
    const handles = new HandleTable<string>();
    expect([handles.add('a'), handles.add('b')]).toEqual([0, 1]);
    expect(handles.remove(0)).toBe('a');
    expect(() => handles.get(0)).toThrow(RangeError);
    expect(handles.add('c')).toBe(0);
    expect([...handles]).toEqual(['c', 'b']);
  });
});
