import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LogMessage, MountError } from './transport.ts';

/** One line of /proc/self/mountinfo. */
export interface MountedFileSystem {
  readonly mountpoint: string;
  /** `MAJOR:MINOR` of the superblock. */
  readonly device: string;
  readonly type: string;
  /** What is mounted; here the name with the process that serves: `daxsim-PID`. */
  readonly source: string;
}

/** What is mounted in this mount name space, the uppermost of several on one place last. */
async function listMounts(): Promise<MountedFileSystem[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const fields = line.split(' ');
      const [type, source] = fields.slice(fields.indexOf('-') + 1);
      return { mountpoint: unescapeOctal(fields[4]!), device: fields[2]!, type: type!, source: source! };
    });
}

export async function mountAt(mountpoint: string): Promise<MountedFileSystem | undefined> {
  return (await listMounts()).findLast(mount => mount.mountpoint === mountpoint);
}

/** Whether somebody was there first, who looked at the same moment and saw nothing either. */
export async function isCovering(mountpoint: string, source: string): Promise<boolean> {
  const lowest = (await listMounts()).find(mount => mount.mountpoint === mountpoint);
  return lowest !== undefined && lowest.source !== source;
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * Creates a missing mountpoint, cleans the mount that a killed daemon left, and answers the absolute path.
 * @throws {MountError} when it is busy, not a directory or not empty.
 */
export async function prepareMountpoint(
  path: string,
  onLog: (message: LogMessage) => void = () => {},
): Promise<string> {
  const mountpoint = resolve(path);
  if (await isStale(mountpoint)) {
    onLog({ level: 'warn', message: 'cleaning a stale mount', fields: { mountpoint } });
    await removeStale(mountpoint);
  }
  if (await mountAt(mountpoint)) throw busy(path);
  try {
    await makeDirectories(mountpoint);
    if ((await readdir(mountpoint)).length > 0) throw new MountError(`${path} is not empty`);
  } catch (error) {
    if (error instanceof MountError) throw error;
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw new MountError(`${path} is not a directory`);
    throw new MountError(`${path} cannot be ${syscall === 'mkdir' ? 'made' : 'read'} (${code})`);
  }
  return mountpoint;
}

export function busy(path: string): MountError {
  return new MountError(`${path} is busy: something is mounted on it`);
}

/** `mkdir -p`. That of Node tries forever where a directory that is there takes no new one, as /proc does (ENOENT). */
async function makeDirectories(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT') throw error;
    await makeDirectories(dirname(path));
    await mkdir(path);
  }
}

/** "Transport endpoint is not connected": the daemon behind a mount is dead. */
async function isStale(mountpoint: string): Promise<boolean> {
  try {
    await stat(mountpoint);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTCONN';
  }
}

/**
 * Whoever watched over the dead daemon is likely at it, by path: were it hurried, it would take away the mount that
 * comes next.
 */
async function removeStale(mountpoint: string): Promise<void> {
  await whenUnmounted(mountpoint);
  if (await isStale(mountpoint)) await unmountPath(mountpoint);
}

/**
 * Takes a mount away. Its connection is ended first, if that is permitted: programs may still use the mount, and other mount
 * name spaces have copies of it, which would keep the daemon alive.
 * @throws {MountError} when umount(8) refuses.
 */
export async function unmountPath(mountpoint: string): Promise<void> {
  if ((await umount('-f', '-l', mountpoint)) === undefined) return;
  const refusal = (await umount(mountpoint)) && (await fusermount(mountpoint));
  if (refusal !== undefined && (await mountAt(mountpoint))) throw new MountError(refusal);
}

const UNMOUNT_MS = 1000;

/** Names the process that serves a mount, for who unmounts it and waits for its end. */
export function mountSource(name: string): string {
  return `${name}-${process.pid}`;
}

/** Whether a mount is of `name`: by its subtype, or by its source where somebody's mount(8) lost the subtype. */
export function isMountOf({ type, source }: MountedFileSystem, name: string): boolean {
  if (type === `fuse.${name}`) return true;
  return type === 'fuse' && source.startsWith(`${name}-`) && /^\d+$/.test(source.slice(name.length + 1));
}

/** Waits until the process that served a mount has ended, and so cleaned up behind itself. */
export async function whenServerEnded({ source }: MountedFileSystem): Promise<void> {
  const pid = source.slice(source.lastIndexOf('-') + 1);
  const deadline = performance.now() + 2 * UNMOUNT_MS;
  while ((await isAlive(pid)) && performance.now() < deadline) await delay(UNMOUNT_MS / 100);
}

/** Nobody may have waited for a dead process, which is a zombie then. */
async function isAlive(pid: string): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text !== undefined && !/^.*\) [ZX] /s.test(text);
}

/** Waits while a mount whose connection ended is taken away, which takes a moment. */
export async function whenUnmounted(mountpoint: string): Promise<void> {
  const deadline = performance.now() + UNMOUNT_MS;
  while ((await mountAt(mountpoint)) && performance.now() < deadline) await delay(UNMOUNT_MS / 100);
}

function umount(...args: string[]): Promise<string | undefined> {
  return run('umount', ['-i', ...args]);
}

/** Only its set-uid helper may take away what fusermount mounted for a plain user. */
async function fusermount(mountpoint: string): Promise<string | undefined> {
  if ((await run('fusermount3', ['-u', '-z', mountpoint])) === undefined) return undefined;
  return run('fusermount', ['-u', '-z', mountpoint]);
}

/** Runs a program; answers what it complained of, or undefined when it succeeded. */
export function run(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise(done => {
    execFile(program, args, { timeout: 10_000 }, (error, _stdout, stderr) => {
      done(error ? stderr.trim().split('\n')[0] || error.message : undefined);
    });
  });
}
