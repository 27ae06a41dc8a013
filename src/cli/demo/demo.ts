import { spawn } from 'node:child_process';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseTransport } from '../../../mount/host.ts';
import { MountError } from '../../../mount/transport.ts';
import { createRack } from '../../machine/rack.ts';
import { machineOf } from '../machine-source.ts';
import { serve } from '../serve.ts';
import { type Chapter, mainJob, moreChapters, type Step } from './chapters.ts';

/** Where the steps of a chapter run. */
interface Stage {
  /** Runs a command line and prints what it prints. */
  run(command: string): Promise<void>;
  leave(): Promise<void>;
}

/** `daxsim demo`: the main job with real shell commands on a mount, or on the engine where no mount can be made. */
export async function demo({ all }: { readonly all: boolean }): Promise<number> {
  const refusal = await whyNoMount();
  if (refusal !== undefined) say(`No mount can be made here (${refusal}): the same steps on the engine.`);
  const enter = refusal === undefined ? mountedStage : engineStage;
  for (const chapter of all ? [mainJob, ...moreChapters] : [mainJob]) {
    const stage = await enter(chapter);
    try {
      for (const step of chapter.steps) await show(step, stage);
    } finally {
      await stage.leave();
    }
  }
  say('\nNext: daxsim run -- bash    a shell in which this machine is the machine');
  return 0;
}

async function whyNoMount(): Promise<string | undefined> {
  try {
    await chooseTransport('auto');
    return undefined;
  } catch (error) {
    if (error instanceof MountError) return error.message;
    throw error;
  }
}

async function show({ says, command }: Step, stage: Stage): Promise<void> {
  say(`\n# ${says}\n$ ${command}`);
  await stage.run(command);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function mountedStage({ title, machine }: Chapter): Promise<Stage> {
  const mountpoint = await mkdtemp(join(tmpdir(), 'daxsim-'));
  const description = await machineOf(machine);
  const served = await serve({
    mountpoint,
    slots: [{ description }],
    transport: 'auto',
    cache: false,
    logLevel: 'warn',
  });
  say(`\n== ${title}: machine "${machine}" at ${mountpoint}\n$ cd ${mountpoint}`);
  return {
    run: command => inShell(command, mountpoint),
    async leave() {
      await served.unmount();
      await rmdir(mountpoint);
    },
  };
}

/** Output goes through this process, so that it keeps its place between the steps. */
function inShell(command: string, directory: string): Promise<void> {
  return new Promise((done, failed) => {
    const shell = spawn('sh', ['-c', command], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [shell.stdout, shell.stderr]) stream.on('data', text => process.stdout.write(text));
    shell.on('error', failed);
    shell.on('close', () => done());
  });
}

async function engineStage({ title, machine }: Chapter): Promise<Stage> {
  const { EngineCalls } = await import('../replay/engine-calls.ts');
  const { Shell } = await import('../replay/shell/shell.ts');
  const description = await machineOf(machine);
  const { fileSystem } = createRack([{ description }], {
    clock: () => BigInt(Date.now()) * 1_000_000n,
    onBug: error => process.stderr.write(`${(error as Error).stack}\n`),
  });
  const shell = new Shell(new EngineCalls(fileSystem, { uid: 0, gid: 0, pid: process.pid }));
  say(`\n== ${title}: machine "${machine}"`);
  return {
    async run(command) {
      const answer = shell.run(command);
      process.stdout.write('missing' in answer ? `(${answer.missing} needs a mount)\n` : answer.stdout);
    },
    async leave() {},
  };
}
