import { ERANGE } from '../../src/kernel/lib/errno.ts';
import type { Code, FusePackage, Signal } from './package.ts';

/** The package's mount with all options in our hands, and with its mistakes about extended attributes mended. */
export function mountClass({ Fuse }: FusePackage, options: readonly string[]): FusePackage['Fuse'] {
  return class extends Fuse {
    override _fuseOptions(): string {
      return `-o${options.join(',')}`;
    }

    override _op_getxattr(signal: Signal, path: string, name: string, into: Buffer, position: number): void {
      this.ops.getxattr(path, name, position, (code, value) =>
        signal(value ? fill(into, value) : code, into.buffer),
      );
    }

    override _op_listxattr(signal: Signal, path: string, into: Buffer): void {
      this.ops.listxattr(path, (code, names) => {
        const list = Buffer.from(names?.map(name => `${name}\0`).join('') ?? '');
        signal(names ? fill(into, list) : code, into.buffer);
      });
    }
  };
}

/** Answers the length; to an empty buffer without filling it, and ERANGE to one that is too small. */
function fill(into: Buffer, value: Uint8Array): Code {
  if (into.length === 0) return value.length;
  if (into.length < value.length) return -ERANGE.code;
  into.set(value);
  return value.length;
}
