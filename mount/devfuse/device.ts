import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hasSysAdmin } from '../capability.ts';
import { mountSource } from '../mountpoint.ts';
import { MountError } from '../transport.ts';

export const FUSE_DEVICE = '/dev/fuse';
/** The number that mount(8) sees the device as. */
const DEVICE_FD = 3;

/** Why no FUSE file system can be mounted from here, with what would be needed. */
export function deviceUnavailable(): string | undefined {
  try {
    accessSync(FUSE_DEVICE, constants.R_OK | constants.W_OK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? `no ${FUSE_DEVICE}: load the fuse module, or give the container the device (--device ${FUSE_DEVICE})`
      : `${FUSE_DEVICE} may not be opened: needs read and write permission on it`;
  }
  if (hasSysAdmin()) return undefined;
  return 'mounting needs CAP_SYS_ADMIN: run as root, in a user name space (unshare -rm), or in a container with --cap-add SYS_ADMIN';
}

/**
 * Opens a connection to the kernel and puts it on a directory. `default_permissions` lets the kernel check the
 * mode bits on the way to a file, which no request asks about.
 * @throws {MountError} with what mount(8) said.
 */
export async function mountDevice(mountpoint: string, name: string): Promise<FileHandle> {
  const device = await open(FUSE_DEVICE, 'r+');
  const options = [
    `fd=${DEVICE_FD}`,
    'rootmode=40000',
    `user_id=${process.getuid?.() ?? 0}`,
    `group_id=${process.getgid?.() ?? 0}`,
    'allow_other',
    'default_permissions',
    'nosuid',
    'nodev',
    'noexec',
    // `-t fuse.NAME` says the same to util-linux 2.38, and nothing to 2.41, which mounts by fsopen(2).
    `subtype=${name}`,
  ];
  const args = ['-i', '-n', '-t', 'fuse', '-o', options.join(','), mountSource(name), mountpoint];
  const refusal = await complaint(args, device.fd);
  if (refusal === undefined) return device;
  await device.close();
  throw new MountError(`cannot mount on ${mountpoint}: ${refusal}`);
}

function complaint(args: readonly string[], deviceFd: number): Promise<string | undefined> {
  return new Promise(done => {
    const child = spawn('mount', args, { stdio: ['ignore', 'ignore', 'pipe', deviceFd] });
    let text = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    child.on('error', error => done(error.message));
    child.on('close', status =>
      done(status === 0 ? undefined : text.trim().split('\n')[0] || `status ${status}`),
    );
  });
}
