import { describe, expect, it } from 'vitest';
import { Connection } from '../../../mount/devfuse/connection.ts';
import { handlers } from '../../../mount/devfuse/operations/table.ts';
import {
  EntryOut,
  FUSE_NOTIFY_INVAL_INODE,
  FUSE_NOTIFY_STORE,
  FUSE_ROOT_ID,
  InHeader,
  OPCODE_LIMIT,
  OPCODES,
  OpenIn,
  OpenOut,
  type Operation,
  OutHeader,
  ReadIn,
} from '../../../mount/devfuse/protocol.ts';
import { throwBug } from '../../../src/kernel/fs/guarded-file.ts';
import { createFileSystem } from '../fixture.ts';

interface Message {
  /** A notification's code, or 0 for an answer. */
  readonly notification: number;
  readonly words: Uint32Array;
}

function message(bytes: Uint8Array): Message {
  const words = new Uint32Array(bytes.slice().buffer, 0, bytes.length >> 2);
  const answers = words[OutHeader.at.unique]! !== 0;
  return { notification: answers ? 0 : words[OutHeader.at.error]!, words };
}

/** The kernel's side of a connection, which notes by which thread each message would come. */
class Kernel {
  readonly sent: Message[] = [];
  readonly sentLater: Message[] = [];
  readonly #connection = new Connection({
    fileSystem: createFileSystem({}, { clock: () => 0n, onBug: throwBug }),
    handlers,
    wire: {
      send: (buffer, length) => this.sent.push(message(buffer.subarray(0, length))),
      sendAfter: (notifications, reply) =>
        this.sentLater.push(...[...notifications, ...(reply ? [reply] : [])].map(message)),
    },
    cache: false,
    counters: new Uint32Array(OPCODE_LIMIT),
    now: () => 0,
    onBug: throwBug,
  });

  lookup(path: string): number {
    return path.split('/').reduce((parent, name) => {
      const text = Buffer.from(`${name}\0`);
      const [reply] = this.request('LOOKUP', parent, text).sent;
      return reply!.words[OutHeader.bytes / 4 + EntryOut.at.nodeid]!;
    }, FUSE_ROOT_ID);
  }

  request(operation: Operation, node: number, body: Uint8Array) {
    const { buffer } = this.#connection.request;
    const header = new Uint32Array(InHeader.bytes / 4);
    header[InHeader.at.opcode] = OPCODES[operation];
    header[InHeader.at.unique] = 1;
    header[InHeader.at.nodeid] = node;
    buffer.set(new Uint8Array(header.buffer));
    buffer.set(body, InHeader.bytes);
    this.sent.length = this.sentLater.length = 0;
    this.#connection.handle(InHeader.bytes + body.length);
    return { sent: [...this.sent], sentLater: [...this.sentLater] };
  }
}

const kinds = (messages: readonly Message[]) => messages.map(({ notification }) => notification);

describe('a file that sendfile(2) may read', () => {
  const open = new Uint8Array(OpenIn.bytes);

  it('was empty to who opened it while the kernel had not heard yet of its length', () => {
    const kernel = new Kernel();
    const told = kernel.lookup('control/told');
    for (let times = 0; times < 2; times++) {
      const { sent, sentLater } = kernel.request('OPEN', told, open);
      expect(kinds(sent)).toEqual([]);
      expect(kinds(sentLater)).toEqual([FUSE_NOTIFY_STORE, 0]);
    }
  });

  it('had the size for a moment at which a read by pages ended: stat saw it', () => {
    const kernel = new Kernel();
    const value = kernel.lookup('bus/gadget0/value');
    const [opened] = kernel.request('OPEN', value, open).sent;
    const read = new Uint32Array(ReadIn.bytes / 4);
    read[ReadIn.at.fh] = opened!.words[OutHeader.bytes / 4 + OpenOut.at.fh]!;
    read[ReadIn.at.size] = 4096;
    const { sent, sentLater } = kernel.request('READ', value, new Uint8Array(read.buffer));
    expect(kinds(sent)).toEqual([0, FUSE_NOTIFY_INVAL_INODE]);
    expect(kinds(sentLater)).toEqual([]);
  });
});
