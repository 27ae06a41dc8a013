import { once } from 'node:events';
import { MessageChannel, parentPort, Worker, workerData } from 'node:worker_threads';
import { builtModule } from '../built-module.ts';
import { fileSystemHost } from '../file-system-host.ts';
import { LogLevels } from '../log-levels.ts';
import type { CreateFileSystem } from '../transport.ts';
import { Requests, send } from './channel.ts';
import { Clients } from './clients.ts';
import { Connection, type Wire } from './connection.ts';
import { handlers } from './operations/table.ts';
import { Refusals } from './refusals.ts';
import { Timers } from './timers.ts';
import type { HeldReply, Mounted, Served, WorkerData, WorkerMessage } from './worker-data.ts';

/** The serving thread: builds the file system, then reads requests and answers them until it is unmounted. */

const { fileSystem: source, cache, counters, logLevels } = workerData as WorkerData;
const owner = parentPort!;
const mounted = once(owner, 'message') as Promise<[Served]>;
const { port1: toNotifier, port2: port } = new MessageChannel();
const notifier = new Worker(builtModule('notifier', import.meta.url), {
  workerData: port,
  // The program's own, such as --input-type, may not be for a thread that loads a file.
  execArgv: [],
  transferList: [port],
});
const notifierStarted = once(notifier, 'online');

function post(message: WorkerMessage): void {
  owner.postMessage(message);
}

const now = () => performance.now();
const timers = new Timers(now);
const host = fileSystemHost(log => post({ log }), timers.timer);
const { createFileSystem } = (await import(source.module)) as { createFileSystem: CreateFileSystem };
const fileSystem = await createFileSystem(source.data, host);
post({ built: true });

const [{ deviceFd, clientsParent }] = await mounted;
await notifierStarted;
toNotifier.postMessage({ deviceFd } satisfies Mounted);

const wire: Wire = {
  send: (buffer, length) => send(deviceFd, buffer, length),
  sendAfter: (notifications, reply) => toNotifier.postMessage({ notifications, reply } satisfies HeldReply),
};
const connection = new Connection({
  fileSystem,
  handlers,
  wire,
  cache,
  counters,
  now,
  onBug: host.onBug,
  clients: new Clients(clientsParent),
  refusals: new Refusals(new LogLevels(logLevels), log => post({ log })),
});
const requests = new Requests(deviceFd);
const { buffer } = connection.request;
for (;;) {
  const length = requests.receive(buffer, timers.wait);
  if (length === undefined) break;
  connection.handle(length);
  if (timers.run()) connection.settle();
}
connection.close();
toNotifier.close();
await notifier.terminate();
owner.close();
