import { describe, expect, it } from 'vitest';
import { ESTALE, Paths } from '../../../mount/fuse-native/paths.ts';
import { DeviceNode } from '../../../src/kernel/fs/device-node.ts';
import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import { Tree } from '../../../src/kernel/fs/node.ts';
import { RamDirectory } from '../../../src/kernel/fs/ram-directory.ts';
import { Vfs } from '../../../src/kernel/fs/vfs.ts';
import { EILSEQ, ENOENT, ENOTDIR, ENXIO } from '../../../src/kernel/lib/errno.ts';

function world() {
  const root = new RamDirectory(new Tree(() => 0n), undefined, '');
  const dev = root.add(new RamDirectory(root.tree, root, 'dev'));
  const paths = new Paths(new Vfs(root, throwBug));
  const plug = (minor: number) =>
    dev.add(new DeviceNode(dev, 'dax0.1', 0o600, { major: 252, minor }, () => ENXIO));
  return { root, dev, paths, plug };
}

describe('Paths', () => {
  it('finds the root, a directory and what is in it', () => {
    const { root, dev, paths, plug } = world();
    const device = plug(1);
    expect(paths.find('/')).toBe(root);
    expect(paths.find('/dev')).toBe(dev);
    expect(paths.find('/dev/dax0.1')).toBe(device);
    expect(paths.find('/dev/dax0.2')).toEqual(ENOENT);
    expect(paths.find('/dev/dax0.1/x')).toEqual(ENOTDIR);
  });

  it('answers ESTALE once when another device took the name of one that was seen', () => {
    const { dev, paths, plug } = world();
    const first = plug(1);
    expect(paths.identify('/dev/dax0.1')).toBe(first);
    dev.remove('dax0.1');
    const second = plug(2);
    expect(paths.identify('/dev/dax0.1')).toEqual(ESTALE);
    expect(paths.identify('/dev/dax0.1')).toBe(second);
  });

  it('needs no ESTALE when the name was seen missing in between', () => {
    const { dev, paths, plug } = world();
    paths.identify('/dev/dax0.1');
    plug(1);
    paths.identify('/dev/dax0.1');
    dev.remove('dax0.1');
    expect(paths.identify('/dev/dax0.1')).toEqual(ENOENT);
    const second = plug(2);
    expect(paths.identify('/dev/dax0.1')).toBe(second);
  });

  it('takes no name that is not UTF-8 for another: there is none, and none can be made', () => {
    const { dev, paths } = world();
    const name = Buffer.from([0x61, 0xff]).toString();
    dev.makeFile(name, 0o600);
    expect(paths.find(`/dev/${name}`)).toEqual(ENOENT);
    expect(paths.find(`/dev/${name}/x`)).toEqual(ENOENT);
    expect(paths.place(`/dev/${name}`)).toEqual(EILSEQ);
    expect(paths.place('/dev/ä')).toEqual({ parent: dev, name: 'ä' });
  });
});
