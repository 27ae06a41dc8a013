import { createRequire } from 'node:module';

/** The few system calls that Node lacks, or makes slowly. Numbers are those of Linux on all architectures. */
interface Libc {
  setns(fd: number, type: number): number;
  socket(domain: number, type: number, protocol: number): number;
  send(fd: number, buffer: Uint8Array, length: number, flags: number): number;
  execvp(file: string, argv: readonly (string | null)[]): number;
  fcntl(fd: number, command: number, argument: number): number;
  read(fd: number, buffer: Uint8Array, length: number): number;
  write(fd: number, buffer: Uint8Array, length: number): number;
  /** `fds` is an array of `struct pollfd`. */
  poll(fds: Int32Array, count: number, milliseconds: number): number;
  errno(): number;
}

let loaded: Libc | undefined;

/** @throws when koffi has no build for this platform. */
export function libc(): Libc {
  if (loaded) return loaded;
  const koffi = createRequire(import.meta.url)('koffi');
  const library = koffi.load(null);
  loaded = {
    setns: library.func('int setns(int fd, int type)'),
    socket: library.func('int socket(int domain, int type, int protocol)'),
    send: library.func('long send(int fd, const uint8_t *buffer, size_t length, int flags)'),
    execvp: library.func('int execvp(const char *file, const char **argv)'),
    fcntl: library.func('int fcntl(int fd, int command, int argument)'),
    read: library.func('long read(int fd, void *buffer, size_t length)'),
    write: library.func('long write(int fd, void *buffer, size_t length)'),
    poll: library.func('int poll(void *fds, unsigned long count, int milliseconds)'),
    errno: () => koffi.errno(),
  };
  return loaded;
}
