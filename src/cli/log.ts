import type { Logger } from 'pino';
import type { LogMessage } from '../../mount/transport.ts';

export type LogThreshold = LogMessage['level'] | 'silent';

const SEVERITY: Readonly<Record<LogThreshold, number>> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

/** The daemon's own log, on stderr: JSON lines, or pretty on a terminal. The libraries load with the first message. */
export class DaemonLog {
  readonly #threshold: LogThreshold;
  #logger: Promise<Logger> | undefined;

  constructor(threshold: LogThreshold) {
    this.#threshold = threshold;
  }

  heeds(level: LogMessage['level']): boolean {
    return SEVERITY[level] >= SEVERITY[this.#threshold];
  }

  readonly write = ({ level, message, fields = {} }: LogMessage): void => {
    if (!this.heeds(level)) return;
    this.#logger ??= openLogger();
    void this.#logger.then(logger => logger[level](fields, message));
  };
}

const STDERR = 2;

async function openLogger(): Promise<Logger> {
  const { pino } = await import('pino');
  const options = { level: 'debug', base: { pid: process.pid } };
  if (!process.stderr.isTTY) return pino(options, pino.destination({ fd: STDERR, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ destination: STDERR, sync: true, ignore: 'pid' }));
}
