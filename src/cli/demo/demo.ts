import { chooseTransport } from '../../../mount/host.ts';
import { MountError } from '../../../mount/transport.ts';
import { type Chapter, chapters } from './chapters.ts';
import { type DemoShell, engineShell, mountedShell } from './shells.ts';

export interface DemoValues {
  readonly all: boolean;
  readonly kernel?: string | undefined;
}

/** `daxsim demo`: the chapters as shell commands, printed as they run. */
export async function demo({ all, kernel }: DemoValues): Promise<number> {
  const refusal = await mountRefusal();
  if (refusal !== undefined) {
    print(`No mount is possible here (${refusal}); the same steps without one, on the engine itself.`);
  }
  const open = refusal === undefined ? mountedShell : engineShell;
  for (const chapter of all ? chapters : chapters.slice(0, 1)) {
    const shell = await open(chapter.machine, kernel);
    const interrupted = () => void shell.close().then(() => process.exit(1));
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    try {
      await show(chapter, shell);
    } finally {
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      await shell.close();
    }
  }
  print('\nYour own: daxsim mount DIR, then use any shell in DIR; daxsim unmount DIR ends it.');
  return 0;
}

async function mountRefusal(): Promise<string | undefined> {
  try {
    await chooseTransport('auto');
    return undefined;
  } catch (error) {
    if (error instanceof MountError) return error.message;
    throw error;
  }
}

async function show(chapter: Chapter, shell: DemoShell): Promise<void> {
  print(`\n${strong(chapter.title)}\n${shell.place}\n`);
  for (const { say, run } of chapter.steps) {
    if (say !== '') print(`\n# ${say}`);
    print(strong(`$ ${run}`));
    process.stdout.write(await shell.run(run));
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function strong(text: string): string {
  return process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text;
}
