import type { Logger } from 'pino';
import { LogLevels, type LogThreshold } from '../../mount/log-levels.ts';
import type { LogMessage } from '../../mount/transport.ts';
import { LossyOutput } from './lossy-output.ts';

const STDERR = 2;

/**
 * The daemon's own log, on stderr: JSON lines, or pretty on a terminal. The libraries load with the first message. Lines that
 * cannot be written are dropped, and the next one that can is followed by their number.
 */
export class DaemonLog {
  readonly levels: LogLevels;
  readonly #bindings: Record<string, string>;
  readonly #output = new LossyOutput(STDERR);
  #logger: Promise<Logger> | undefined;

  /** @param bindings fields of every line */
  constructor(threshold: LogThreshold, bindings: Record<string, string> = {}) {
    this.levels = new LogLevels(threshold);
    this.#bindings = bindings;
  }

  heeds(level: LogMessage['level']): boolean {
    return this.levels.heeds(level);
  }

  /** Resolves when the line is written or dropped. */
  readonly write = async ({ level, message, fields = {}, machine, client }: LogMessage): Promise<void> => {
    if (!this.heeds(level)) return;
    this.#logger ??= this.#open();
    const logger = await this.#logger;
    const ofMachine = machine === undefined ? logger : logger.child({ machine });
    const ofClient = client === undefined ? ofMachine : ofMachine.child({ client });
    ofClient[level](fields, message);
  };

  async #open(): Promise<Logger> {
    const { pino } = await import('pino');
    const pretty = process.stderr.isTTY ? (await import('pino-pretty')).prettyFactory : undefined;
    const format = pretty?.({ colorize: true, ignore: 'pid' }) ?? ((line: string) => line);
    const output = this.#output;
    const root = pino(
      { level: 'debug', base: { pid: process.pid } },
      {
        write(line: string) {
          const { dropped } = output;
          if (!output.write(format(line)) || dropped === 0) return;
          output.dropped = 0;
          root.warn({ dropped }, 'lines of this log could not be written');
        },
      },
    );
    return root.child(this.#bindings);
  }
}
