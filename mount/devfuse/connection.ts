import {
  type FileSystem,
  type Inode,
  KERNEL,
  type OpenFile,
  type Stat,
} from '../../src/kernel/fs/file-system.ts';
import { EIO, ENOSYS, type Errno, isErrno, type Result } from '../../src/kernel/lib/errno.ts';
import { O_RDONLY, S_IRUGO } from '../../src/kernel/lib/stat.ts';
import { Changes, putInvalInode } from './changes.ts';
import { Clients } from './clients.ts';
import { HandleTable } from './handle-table.ts';
import { Reply, Request } from './message.ts';
import { type KnownNode, NodeTable } from './node-table.ts';
import { PollTable } from './poll-table.ts';
import { FUSE_NOTIFY_INVAL_INODE, InHeader, NotifyInvalInodeOut, OPCODE_LIMIT, OPCODES } from './protocol.ts';
import type { Refusals } from './refusals.ts';
import { WaitingReads } from './waiting-reads.ts';

/** The largest read or write that arrives as one request: FUSE's own limit of 256 pages. */
export const MAX_TRANSFER_BYTES = 1 << 20;
export const MAX_PAGES = MAX_TRANSFER_BYTES / 4096;
/** Room for a request's structure and names beside its data, more than the kernel demands. */
const HEADROOM_BYTES = 8192;

/**
 * Calls whose answer waits until the kernel forgot what they changed. Any other call may hold a page or a directory
 * locked until its answer, for which the notifications would wait in turn.
 */
const HELD_BACK: ReadonlySet<number> = new Set([OPCODES.WRITE, OPCODES.SETATTR, OPCODES.OPEN]);

/** A handler's answer when there is none, or none yet. */
export const NO_REPLY = -1;

/** Does one operation: answers the payload's length in bytes, NO_REPLY, or an errno. */
export type Handler = (connection: Connection, request: Request, reply: Reply) => Result<number>;

export type HandlerTable = readonly (Handler | undefined)[];

/** Where messages for the kernel go. */
export interface Wire {
  /** The message is in the first bytes, which are only valid during the call. */
  send(buffer: Uint8Array, length: number): void;
  /** Sends the notifications, then the reply if there is one, from another thread; see {@link Changes}. */
  sendAfter(notifications: readonly Uint8Array[], reply: Uint8Array | undefined): void;
}

export interface ConnectionOptions {
  readonly fileSystem: FileSystem;
  readonly handlers: HandlerTable;
  readonly wire: Wire;
  /** Page contents may be cached, not only names and attributes. */
  readonly cache: boolean;
  /** Counts requests by opcode, readable from other threads. */
  readonly counters: Uint32Array;
  /** Milliseconds of any clock that does not go back. */
  readonly now: () => number;
  readonly onBug: (error: unknown, doing: string) => void;
  readonly refusals?: Refusals;
  /** Left out when they are in the pid name space of this process. */
  readonly clients?: Clients;
}

export interface OpenedFile {
  readonly known: KnownNode;
  readonly file: OpenFile;
  /** Where the kernel's next read begins if nobody seeks. */
  position: number;
  /** The kernel's pages may have answered reads, which nobody here has seen. */
  mayBeReadUnseen: boolean;
}

/** One mounted file system: turns each request of the kernel into one call, and its result into the answer. */
export class Connection {
  readonly fileSystem: FileSystem;
  readonly cache: boolean;
  readonly now: () => number;
  readonly nodes: NodeTable;
  readonly files = new HandleTable<OpenedFile>();
  readonly waiting: WaitingReads;
  readonly polls: PollTable;
  readonly changes: Changes;
  /**
   * The answer to come ends before its page, and makes the kernel take that for the end of the file: at once after it the size is
   * outdated. Later, somebody could have seen it.
   */
  readShort: KnownNode | undefined;
  readonly request: Request;
  readonly #reply = new Reply(MAX_TRANSFER_BYTES + HEADROOM_BYTES);
  readonly #handlers: HandlerTable;
  readonly #wire: Wire;
  readonly #counters: Uint32Array;
  readonly #onBug: ConnectionOptions['onBug'];
  readonly #refusals: Refusals | undefined;

  constructor({
    fileSystem,
    handlers,
    wire,
    cache,
    counters,
    now,
    onBug,
    refusals,
    clients,
  }: ConnectionOptions) {
    this.request = new Request(MAX_TRANSFER_BYTES + HEADROOM_BYTES, clients ?? new Clients());
    this.fileSystem = fileSystem;
    this.cache = cache;
    this.now = now;
    this.nodes = new NodeTable(fileSystem);
    this.changes = new Changes(this.nodes, cache, now);
    this.waiting = new WaitingReads(this);
    this.polls = new PollTable(this);
    this.#handlers = handlers;
    this.#wire = wire;
    this.#counters = counters;
    this.#onBug = onBug;
    this.#refusals = refusals;
    fileSystem.subscribe(this.changes);
  }

  /** Handles the request of `length` bytes in the buffer of `request`, and what it woke. */
  handle(length: number): void {
    const { request } = this;
    if (length < InHeader.bytes) return;
    request.arrived(length);
    const { opcode, unique } = request;
    if (opcode < OPCODE_LIMIT) this.#counters[opcode]!++;
    const result = this.#run(this.#handlers[opcode], opcode);
    if (isErrno(result) && this.#refusals?.wanted) this.#refusals.tell(request, this.nodes, result);
    if (result !== NO_REPLY) this.answer(unique, result, HELD_BACK.has(opcode));
    this.#wake();
  }

  /** Tells the kernel, and who waits, of what happened without a request. */
  settle(): void {
    const notifications = this.changes.take();
    if (notifications.length > 0) this.#wire.sendAfter(notifications, undefined);
    this.#wake();
  }

  #wake(): void {
    this.waiting.retry();
    this.polls.notify();
  }

  /**
   * A file whose content the kernel keeps has the content's length, so that the pages end where it ends. One that nobody may
   * read has no content; the kernel drops its pages when chmod(2) changes the size so.
   */
  stat(known: KnownNode): Stat {
    const stat = this.fileSystem.getattr(known.inode);
    const { removed, cacheable } = known.inode;
    if (!this.cache || removed || !cacheable || !(stat.mode & S_IRUGO)) return stat;
    known.contentSize ??= this.content(known.inode)?.length ?? stat.size;
    return { ...stat, size: known.contentSize };
  }

  /** What reading it answers now, up to the length of one transfer. */
  content(inode: Inode): Uint8Array | undefined {
    const file = this.fileSystem.open(inode, O_RDONLY, KERNEL);
    if (isErrno(file)) return undefined;
    const bytes = file.read(0, MAX_TRANSFER_BYTES, true);
    file.release();
    return bytes instanceof Uint8Array ? bytes : undefined;
  }

  #run(handler: Handler | undefined, opcode: number): Result<number> {
    if (!handler) return ENOSYS;
    try {
      return handler(this, this.request, this.#reply);
    } catch (error) {
      this.#onBug(error, `request ${opcode}`);
      return EIO;
    }
  }

  /** Answers with the first bytes of the payload, or an errno; `heldBack` until what the call changed is forgotten. */
  answer(unique: number, result: Result<number>, heldBack = false): void {
    const reply = this.#reply;
    const length = isErrno(result) ? reply.seal(0, result.code, unique) : reply.seal(result, 0, unique);
    const notifications = this.changes.take();
    const changed = notifications.length > 0;
    if (!changed || !heldBack) this.#wire.send(reply.buffer, length);
    if (changed) this.#wire.sendAfter(notifications, heldBack ? reply.copy(length) : undefined);
    const { readShort } = this;
    this.readShort = undefined;
    if (readShort) this.outdate(readShort);
  }

  /** Answers a read that had to wait. */
  answerLater(unique: number, result: Uint8Array | Errno): void {
    if (!isErrno(result)) this.#reply.bytes(result);
    this.answer(unique, isErrno(result) ? result : result.length);
  }

  /** A message that answers nothing; `code` of FUSE_NOTIFY_*. Only for what takes no lock in the kernel. */
  notify(code: number, layoutBytes: number, fill: (message: Reply) => void): void {
    const reply = this.#reply;
    fill(reply);
    this.#wire.send(reply.buffer, reply.seal(layoutBytes, -code, 0));
  }

  /** The size that the kernel keeps is not what stat(2) is to tell: it asks for the attributes again. */
  outdate(known: KnownNode): void {
    known.attributesKept = false;
    this.notify(FUSE_NOTIFY_INVAL_INODE, NotifyInvalInodeOut.bytes, message =>
      putInvalInode(message, known.id, false),
    );
  }

  /** The file system is gone: ends what is still open. */
  close(): void {
    for (const { file } of this.files) file.release();
  }
}
