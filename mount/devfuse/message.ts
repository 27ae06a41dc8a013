import { type Caller, KERNEL } from '../../src/kernel/fs/file-system.ts';
import { decodeName, writeName } from '../../src/kernel/lib/file-name.ts';
import type { Clients } from './clients.ts';
import { InHeader, type Layout, OutHeader } from './protocol.ts';

const TWO_32 = 0x1_0000_0000;

/** Every mount has `default_permissions`: the kernel has compared owner and mode bits. */
class Client implements Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  readonly admitted = true;
  readonly #clients: Clients;

  constructor(uid: number, gid: number, pid: number, clients: Clients) {
    this.#clients = clients;
    this.uid = uid;
    this.gid = gid;
    this.pid = pid;
  }

  get comm(): string {
    return this.#clients.comm(this.pid);
  }

  get sysAdmin(): boolean {
    return this.#clients.hasSysAdmin(this.pid);
  }
}

/** A request as the kernel wrote it into one buffer that is used again and again. */
export class Request {
  readonly buffer: Buffer;
  readonly #words: Uint32Array;
  readonly #clients: Clients;
  #caller: Caller = KERNEL;
  #length = 0;

  constructor(bytes: number, clients: Clients) {
    this.#clients = clients;
    const memory = new ArrayBuffer(bytes);
    this.buffer = Buffer.from(memory);
    this.#words = new Uint32Array(memory);
  }

  /** Called when `length` bytes of a new request are in the buffer. */
  arrived(length: number): void {
    this.#length = length;
  }

  get opcode(): number {
    return this.#words[InHeader.at.opcode]!;
  }

  /** Identifies the request until it is answered. */
  get unique(): number {
    return this.#u64(InHeader.at.unique);
  }

  get nodeId(): number {
    return this.#u64(InHeader.at.nodeid);
  }

  get caller(): Caller {
    const uid = this.#words[InHeader.at.uid]!;
    const gid = this.#words[InHeader.at.gid]!;
    const pid = this.#words[InHeader.at.pid]!;
    const last = this.#caller;
    if (last.uid !== uid || last.gid !== gid || last.pid !== pid)
      this.#caller = new Client(uid, gid, pid, this.#clients);
    return this.#caller;
  }

  /** A 32-bit member of the operation's structure, `base` words behind the header. */
  u32(word: number, base = 0): number {
    return this.#words[InHeader.bytes / 4 + base + word]!;
  }

  /** A 64-bit member; exact up to 2^53. */
  u64(word: number, base = 0): number {
    return this.#u64(InHeader.bytes / 4 + base + word);
  }

  /** A 64-bit member with a sign. */
  s64(word: number): number {
    const i = InHeader.bytes / 4 + word;
    return (this.#words[i + 1]! | 0) * TWO_32 + this.#words[i]!;
  }

  #u64(i: number): number {
    return this.#words[i + 1]! * TWO_32 + this.#words[i]!;
  }

  /** The bytes behind the operation's structure, only valid until the next request. */
  body(layout?: Layout<string>): Buffer {
    return this.buffer.subarray(InHeader.bytes + (layout?.bytes ?? 0), this.#length);
  }

  /** The NUL-terminated name behind the operation's structure. */
  name(layout?: Layout<string>): string {
    return this.names(layout)[0];
  }

  /** The two NUL-terminated names behind the operation's structure; the second is empty when there is one only. */
  names(layout?: Layout<string>): [string, string] {
    const body = this.body(layout);
    const end = body.indexOf(0);
    const next = body.indexOf(0, end + 1);
    return [decodeName(body, 0, end), next < 0 ? '' : decodeName(body, end + 1, next)];
  }
}

/** An answer, or a notification, on its way to the kernel. */
export class Reply {
  readonly buffer: Buffer;
  readonly #words: Uint32Array;

  constructor(bytes: number) {
    const memory = new ArrayBuffer(bytes);
    this.buffer = Buffer.from(memory);
    this.#words = new Uint32Array(memory);
  }

  /** Room for the payload. */
  get room(): number {
    return this.buffer.length - OutHeader.bytes;
  }

  /** Sets a 32-bit member of the payload, `base` words behind the header. */
  u32(word: number, value: number, base = 0): void {
    this.#words[OutHeader.bytes / 4 + base + word] = value;
  }

  u64(word: number, value: number, base = 0): void {
    this.#u64(OutHeader.bytes / 4 + base + word, value);
  }

  /** Zeroes the payload's first bytes, so that only what differs must be set. */
  clear(layout: Layout<string>, base = 0): void {
    const start = OutHeader.bytes / 4 + base;
    this.#words.fill(0, start, start + layout.bytes / 4);
  }

  /** Copies bytes into the payload. */
  bytes(data: Uint8Array, at = 0): void {
    this.buffer.set(data, OutHeader.bytes + at);
  }

  /** @returns the count of bytes that the name took. */
  text(text: string, at = 0): number {
    return writeName(text, this.buffer, OutHeader.bytes + at);
  }

  /**
   * Completes the message; `error` is an errno, or for a notification (`unique` 0) its code with a minus.
   * @returns its length in bytes.
   */
  seal(payload: number, error: number, unique: number): number {
    const length = OutHeader.bytes + payload;
    this.#words[OutHeader.at.len] = length;
    this.#words[OutHeader.at.error] = -error;
    this.#u64(OutHeader.at.unique, unique);
    return length;
  }

  /** The message for another thread. */
  copy(length: number): Uint8Array {
    return new Uint8Array(this.buffer.subarray(0, length));
  }

  #u64(i: number, value: number): void {
    this.#words[i] = value;
    this.#words[i + 1] = Math.floor(value / TWO_32);
  }
}
