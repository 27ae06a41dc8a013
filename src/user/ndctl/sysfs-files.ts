import { type Errno, isErrno, type Result } from '../../kernel/lib/errno.ts';
import { fromLatin1 } from '../../kernel/lib/latin1.ts';
import { O_RDONLY, O_WRONLY } from '../../kernel/lib/stat.ts';
import { CONTROL_DIRECTORY } from '../../machine/control-directory.ts';

/** The system calls that ndctl's work needs. */
export interface FileCalls {
  open(path: string, flags: number): Result<number>;
  close(fd: number): Result<void>;
  read(fd: number, length: number): Result<Uint8Array>;
  write(fd: number, data: Uint8Array): Result<number>;
  readdir(path: string): Result<readonly { readonly name: string }[]>;
  readlink(path: string): Result<string>;
}

const READ_SIZE = 4096;
const DEVICES = '/sys/bus/nd/devices';

/** The nd bus as files. */
export class SysfsFiles {
  readonly calls: FileCalls;

  constructor(calls: FileCalls) {
    this.calls = calls;
  }

  /** A file's text without the newline at its end; undefined when it cannot be read. */
  read(path: string): string | undefined {
    const fd = this.calls.open(path, O_RDONLY);
    if (isErrno(fd)) return undefined;
    const bytes = this.calls.read(fd, READ_SIZE);
    this.calls.close(fd);
    return isErrno(bytes) ? undefined : fromLatin1(bytes).replace(/\n$/, '');
  }

  write(path: string, text: string): Errno | undefined {
    const fd = this.calls.open(path, O_WRONLY);
    if (isErrno(fd)) return fd;
    const written = this.calls.write(fd, Buffer.from(text, 'latin1'));
    this.calls.close(fd);
    return isErrno(written) ? written : undefined;
  }

  list(path: string): string[] {
    const entries = this.calls.readdir(path);
    if (isErrno(entries)) return [];
    return entries.map(({ name }) => name).filter(name => name !== '.' && name !== '..');
  }

  exists(path: string): boolean {
    return !isErrno(this.calls.readdir(path));
  }

  /** nd devices of one kind, as libndctl lists them: the highest number first. */
  devices(prefix: string): string[] {
    const number = (name: string): number[] => name.slice(prefix.length).split('.').map(Number);
    return this.list(DEVICES)
      .filter(name => new RegExp(`^${prefix}\\d+(\\.\\d+)?$`).test(name))
      .sort((a, b) => {
        const [x, y] = [number(a), number(b)];
        return y[0]! - x[0]! || (y[1] ?? 0) - (x[1] ?? 0);
      });
  }

  attribute(device: string, name: string): string {
    return this.read(`${DEVICES}/${device}/${name}`) ?? '';
  }

  setAttribute(device: string, name: string, value: string): Errno | undefined {
    return this.write(`${DEVICES}/${device}/${name}`, value);
  }

  /** Does what ndctl does by ioctl; see nvdimm/control.ts. */
  control(command: string): Errno | undefined {
    return this.write(`${CONTROL_DIRECTORY}/nvdimm`, command);
  }

  /** The name of the driver that has an nd device. */
  driver(device: string): string | undefined {
    const target = this.calls.readlink(`${DEVICES}/${device}/driver`);
    return isErrno(target) ? undefined : target.slice(target.lastIndexOf('/') + 1);
  }

  /** ndctl_bind: with the module that the device's modalias stands for; that may have another driver than the usual one. */
  bind(device: string, driver: string): Errno | undefined {
    this.write(`${CONTROL_DIRECTORY}/modprobe`, this.attribute(device, 'modalias') || driver);
    if (this.driver(device) !== undefined) return undefined;
    return this.write(`/sys/bus/nd/drivers/${driver}/bind`, device);
  }

  /** Of drivers for the same devices the one that is loaded, or else the first whose module there is. */
  driverOf(drivers: readonly string[]): string {
    return (
      drivers.find(driver => this.exists(`/sys/bus/nd/drivers/${driver}`)) ??
      drivers.find(driver => !this.write(`${CONTROL_DIRECTORY}/modprobe`, driver)) ??
      drivers[0]!
    );
  }

  unbind(device: string): void {
    const driver = this.driver(device);
    if (driver !== undefined) this.write(`/sys/bus/nd/drivers/${driver}/unbind`, device);
  }

  directory(device: string): string {
    return `${DEVICES}/${device}`;
  }
}
