import type { FileHandle } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { builtModule } from '../built-module.ts';
import { LogLevels } from '../log-levels.ts';
import { unmountPath, whenUnmounted } from '../mountpoint.ts';
import { MountError, type ServeOptions, type Session, type Transport } from '../transport.ts';
import { deviceUnavailable, mountDevice } from './device.ts';
import { OPCODE_LIMIT, OPCODES } from './protocol.ts';
import { watchMount } from './watcher.ts';
import type { Served, WorkerData, WorkerMessage } from './worker-data.ts';

const HEAP_SHARE = 0.75;

/** The FUSE protocol spoken by ourselves, in a thread that does nothing else. */
export const devfuse: Transport = {
  unavailable: deviceUnavailable,
  async serve(options) {
    const session = await serveDevice(options, mountDevice);
    const dismissWatcher = watchMount(options.mountpoint);
    return { ...session, ended: session.ended.finally(dismissWatcher) };
  },
};

/**
 * Serves on a device that `mountIt` opens and mounts, in this mount name space or in another one.
 * @param clientsParent tells, after the mount, whose children are in its pid name space; left out when that is ours
 * @throws {MountError} when it cannot be mounted, or the file system not be built.
 */
export async function serveDevice(
  options: ServeOptions,
  mountIt: typeof mountDevice,
  clientsParent?: () => number | undefined,
): Promise<Session> {
  const { mountpoint, fileSystem, cache, name, onLog } = options;
  const { logLevels = new LogLevels('info') } = options;
  const counters = new Uint32Array(new SharedArrayBuffer(OPCODE_LIMIT * Uint32Array.BYTES_PER_ELEMENT));
  const data: WorkerData = { fileSystem, cache, counters, logLevels: logLevels.shared };
  const worker = new Worker(builtModule('worker', import.meta.url), {
    workerData: data,
    // The program's own, such as --input-type, may not be for a thread that loads a file.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapLimitMb() },
  });
  const built = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      if ('log' in message) onLog(message.log);
      else resolve();
    });
    worker.on('error', error => {
      onLog({ level: 'error', message: `the serving thread failed: ${error.message}` });
      reject(error);
    });
  });
  const exited = new Promise<number>(resolve => worker.on('exit', resolve));

  const [build, mount] = await Promise.allSettled([built, mountIt(mountpoint, name)]);
  if (build.status === 'rejected' || mount.status === 'rejected') {
    await worker.terminate();
    if (mount.status === 'fulfilled') await abandon(mountpoint, mount.value);
    const { reason } = (mount.status === 'rejected' ? mount : build) as PromiseRejectedResult;
    throw reason instanceof MountError ? reason : new MountError(String(reason), { cause: reason });
  }
  const device = mount.value;
  const parent = clientsParent?.();
  const message: Served = { deviceFd: device.fd, ...(parent !== undefined && { clientsParent: parent }) };
  worker.postMessage(message);
  const ended = exited.then(async status => {
    if (status !== 0) {
      await abandon(mountpoint, device);
      throw new MountError('the serving thread ended before the mount');
    }
    await device.close();
    await whenUnmounted(mountpoint);
  });
  return {
    ended,
    statistics: () => statistics(counters),
    async unmount() {
      await unmountPath(mountpoint);
      await ended;
    },
  };
}

/**
 * Some 8 KB for each memory block that a client looked at, for the kernel keeps what it has looked up until memory
 * is scarce: `lsmem` on the largest machines needs more than V8's usual 4 GiB.
 */
function heapLimitMb(): number {
  const available = Math.min(totalmem(), process.constrainedMemory?.() || Number.POSITIVE_INFINITY);
  return Math.floor((available * HEAP_SHARE) / 2 ** 20);
}

/** Nobody will answer: closing the device fails all that waits, then the mount may go. */
async function abandon(mountpoint: string, device: FileHandle): Promise<void> {
  await device.close();
  await unmountPath(mountpoint);
}

function statistics(counters: Uint32Array): Record<string, number> {
  const counted = Object.entries(OPCODES).map(([name, opcode]) => [name, counters[opcode]!] as const);
  return Object.fromEntries(counted.filter(([, count]) => count > 0));
}
