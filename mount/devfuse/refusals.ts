import type { Errno } from '../../src/kernel/lib/errno.ts';
import type { LogLevels } from '../log-levels.ts';
import type { LogMessage } from '../transport.ts';
import type { Request } from './message.ts';
import type { KnownNode, NodeTable } from './node-table.ts';
import {
  CreateIn,
  LinkIn,
  MkdirIn,
  MknodIn,
  OPCODES,
  ReadIn,
  Rename2In,
  RenameIn,
  WriteIn,
} from './protocol.ts';

const OPERATION_NAMES = new Map(Object.entries(OPCODES).map(([name, opcode]) => [opcode as number, name]));

type Layout = Parameters<Request['name']>[0];

/** Of operations on a name in a directory: what lies before the name. */
const NAMED: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [OPCODES.LOOKUP, undefined],
  [OPCODES.SYMLINK, undefined],
  [OPCODES.MKNOD, MknodIn],
  [OPCODES.MKDIR, MkdirIn],
  [OPCODES.LINK, LinkIn],
  [OPCODES.UNLINK, undefined],
  [OPCODES.RMDIR, undefined],
  [OPCODES.RENAME, RenameIn],
  [OPCODES.RENAME2, Rename2In],
  [OPCODES.CREATE, CreateIn],
]);

/** Where operations tell how many bytes they are about. */
const SIZED: ReadonlyMap<number, number> = new Map([
  [OPCODES.READ, ReadIn.at.size],
  [OPCODES.WRITE, WriteIn.at.size],
]);

/** Tells of each operation that was answered with an errno, at debug. */
export class Refusals {
  readonly #levels: LogLevels;
  readonly #onLog: (message: LogMessage) => void;

  constructor(levels: LogLevels, onLog: (message: LogMessage) => void) {
    this.#levels = levels;
    this.#onLog = onLog;
  }

  get wanted(): boolean {
    return this.#levels.heeds('debug');
  }

  /** The request is still in its buffer. */
  tell(request: Request, nodes: NodeTable, errno: Errno): void {
    const { opcode, caller } = request;
    const size = SIZED.get(opcode);
    this.#onLog({
      level: 'debug',
      message: 'refused',
      fields: {
        operation: OPERATION_NAMES.get(opcode) ?? `opcode ${opcode}`,
        path: pathOf(request, nodes),
        ...(size === undefined ? {} : { bytes: request.u32(size) }),
        errno: errno.name,
        ...(errno.reason === undefined ? {} : { reason: errno.reason }),
      },
      client: { pid: caller.pid, comm: caller.comm ?? '', uid: caller.uid },
    });
  }
}

function pathOf(request: Request, nodes: NodeTable): string {
  const known = nodes.peek(request.nodeId);
  const path = known ? placeOf(known) : '';
  return NAMED.has(request.opcode) ? `${path}/${request.name(NAMED.get(request.opcode))}` : path || '/';
}

function placeOf({ parent, name }: KnownNode): string {
  return parent ? `${placeOf(parent)}/${name}` : '';
}
