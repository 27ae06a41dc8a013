import { type MessagePort, workerData } from 'node:worker_threads';
import { send } from './channel.ts';
import type { HeldReply, Mounted } from './worker-data.ts';

/** The second thread: waits for the kernel's locks while the first one goes on answering requests. */

const port = workerData as MessagePort;

port.once('message', ({ deviceFd }: Mounted) => {
  port.on('message', ({ notifications, reply }: HeldReply) => {
    for (const notification of notifications) send(deviceFd, notification);
    if (reply) send(deviceFd, reply);
  });
});
