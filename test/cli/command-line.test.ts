import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { readRecording } from '../machine/recordings.ts';
import { daxsim, withDirectory } from './daxsim.ts';

describe('the command line', () => {
  it('is built once: a second start finds nothing to do', () => {
    const builtAt = () => statSync('dist/.built').mtimeMs;
    const before = builtAt();
    execFileSync('scripts/build');
    expect(builtAt()).toBe(before);
  });

  it('says its version, which is that of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await daxsim('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('names every command with its summary in its help', async () => {
    const { status, stdout } = await daxsim('--help');
    expect(status).toBe(0);
    const text = stdout.replace(/\s+/g, ' ');
    for (const { name, summary } of commands) {
      expect(text).toContain(name);
      expect(text).toContain(summary);
    }
  });

  it('prints its help as an error when no command is given', async () => {
    const { status, stdout, stderr } = await daxsim();
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Commands:');
  });

  it.each(commands.map(command => [command.name, command] as const))(
    '%s has help for all its options',
    async (name, command) => {
      const { status, stdout, stderr } = await daxsim(name, '--help');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      for (const option of Object.keys(command.options)) expect(stdout).toContain(`--${option}`);
    },
  );

  it.each([
    ['an unknown command', ['mont'], "unknown command 'mont' (Did you mean mount?)"],
    [
      'an unknown option',
      ['mount', '/x', '--transprt=a'],
      "unknown option '--transprt=a' (Did you mean --transport?)",
    ],
    ['an unknown option of the program', ['--nonsense'], "unknown option '--nonsense'"],
    ['a missing argument', ['mount'], "missing required argument 'mountpoint'"],
    [
      'an argument too many',
      ['check', 'a', 'b'],
      "too many arguments for 'check'. Expected 1 argument but got 2.",
    ],
    ['a missing value', ['mount', '/x', '--machine'], "option '--machine <name|file>' argument missing"],
    [
      'a value that is no choice',
      ['mount', '/x', '--transport', 'nfs'],
      "option '--transport <transport>' argument 'nfs' is invalid. Allowed choices are auto, devfuse, fuse-native.",
    ],
  ])('answers %s with one line and status 2', async (_what, args, message) => {
    expect(await daxsim(...args)).toEqual({ status: 2, stdout: '', stderr: `daxsim: ${message}\n` });
  });

  it('replays what of a shell’s * is a recording, and says so when nothing is', async () => {
    const file = 'test/golden/README.md';
    const { status, stdout } = await daxsim('replay', file, 'test/golden/6.12-02-driver-attrs');
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^ok .*\n$/) });
    expect(await daxsim('replay', file)).toEqual({
      status: 2,
      stdout: '',
      stderr: `daxsim replay: ${file}: no recording, which is a directory\n`,
    });
  });

  it('names file and line of what is no JSON in a recording', () =>
    withDirectory(async directory => {
      const machine = join(directory, 'machine.json');
      const transcript = join(directory, 'transcript.jsonl');
      await writeFile(machine, '{\n  "kernel": "6.12",\n  "cmdline": "quiet\n}\n');
      await writeFile(transcript, '{"seq":1,"op":"note"}\n\n{"seq":2,"op":}\n');
      const inMachine = await daxsim('replay', directory);
      expect(inMachine).toMatchObject({ status: 2, stdout: '' });
      expect(inMachine.stderr).toMatch(`daxsim replay: ${machine}:`);
      expect(inMachine.stderr.slice(`daxsim replay: ${machine}:`.length)).toMatch(/^\d: .*quote/);
      await writeFile(machine, readRecording('6.12-02-driver-attrs', 'machine.json'));
      const inTranscript = await daxsim('replay', directory);
      expect(inTranscript).toMatchObject({ status: 2, stdout: '' });
      expect(inTranscript.stderr).toMatch(`daxsim replay: ${transcript}:3: Unexpected token`);
      await writeFile(transcript, '{"seq":1,"op":"note"}\n{"op":"read"}\n');
      expect((await daxsim('replay', directory)).stderr).toBe(
        `daxsim replay: ${transcript}:2: not a step, which has seq and op\n`,
      );
    }));

  it('never passes a recording whose machine cannot be booted', () =>
    withDirectory(async directory => {
      await writeFile(join(directory, 'machine.json'), 'null');
      await writeFile(join(directory, 'transcript.jsonl'), '{"seq":1,"op":"note"}\n');
      const { status, stdout } = await daxsim('replay', directory);
      expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringMatching(/^FAIL.* 0\/1 /) });
      expect(stdout).toContain('received null');
    }));

  it('never passes a recording of which nothing is left', () =>
    withDirectory(async directory => {
      await writeFile(join(directory, 'machine.json'), '{}');
      await writeFile(join(directory, 'transcript.jsonl'), '');
      const { status, stderr } = await daxsim('replay', directory);
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringContaining('empty, and nothing to compare'),
      });
    }));

  it('reports recordings in their order, however many are replayed at the same time', async () => {
    const names = ['6.12-fuzz-a-1', '6.12-02-driver-attrs', '6.12-11-hmat'];
    const directories = names.map(name => `test/golden/${name}`);
    for (const jobs of ['1', '3']) {
      const { stdout } = await daxsim('replay', '--jobs', jobs, ...directories);
      expect(stdout.split('\n').map(line => line.split(/ +/)[1])).toEqual([
        ...names,
        expect.anything(),
        undefined,
      ]);
    }
  });

  it('replays no fewer than one recording at the same time', async () => {
    expect(await daxsim('replay', '--jobs', '0', 'test/golden/6.12-11-hmat')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'daxsim replay: --jobs 0: not a count of at least 1\n',
    });
  });

  it('says what --cache of replay needs', async () => {
    for (const through of ['engine', 'fuse-native']) {
      expect(await daxsim('replay', '/nowhere', '--cache', '--through', through)).toEqual({
        status: 2,
        stdout: '',
        stderr: 'daxsim replay: --cache needs a mount that can: add --through devfuse\n',
      });
    }
  });

  it('says in one line that there is no such machine', async () => {
    expect(await daxsim('mount', '/nowhere', '--machine', 'nonesuch')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'daxsim: no machine "nonesuch": neither a name of "daxsim machines" nor a file\n',
    });
    expect((await daxsim('mount', '/nowhere', '--machine', 'qemu-6.12-onlin')).stderr).toMatch(
      /nor a file \(did you mean qemu-6.12-online\?\)\n$/,
    );
  });
});

describe('machines', () => {
  it('lists the machines by name, each with what it has', async () => {
    const { stdout } = await daxsim('machines');
    expect(stdout).toMatch(/^default +2 nodes, 8 GiB RAM/m);
    expect(stdout).toMatch(/^hbm +\S/m);
  });

  it('prints the file of one, to start from', async () => {
    const { status, stdout } = await daxsim('machines', 'cxl');
    expect({ status, lines: stdout.split('\n') }).toMatchObject({
      status: 0,
      lines: expect.arrayContaining(['  - { start: 0x2080000000, size: 32GiB, node: 1 }']),
    });
    expect(await daxsim('machines', 'cxll')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'daxsim: no machine "cxll" (did you mean cxl?)\n',
    });
  });
});

describe('schema', () => {
  it('prints a JSON Schema with the keys of a machine file', async () => {
    const schema = JSON.parse((await daxsim('schema')).stdout);
    expect(schema.$schema).toContain('json-schema.org');
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['kernel', 'nodes', 'soft_reserved']),
    );
  });
});

describe('check', () => {
  it('accepts a good machine file', () =>
    withDirectory(async directory => {
      const file = join(directory, 'small.yaml');
      await writeFile(file, 'nodes:\n  - { cpus: 1, ram: 1GiB }\n');
      expect(await daxsim('check', file)).toMatchObject({ status: 0, stderr: '' });
    }));

  it('prints every error of a wrong one with its line and path', () =>
    withDirectory(async directory => {
      const file = join(directory, 'wrong.yaml');
      await writeFile(file, 'nodes:\n  - { cpus: 1, ram: lots }\nauto_online: sometimes\ncolour: red\n');
      const { status, stdout, stderr } = await daxsim('check', file);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      const places = stderr
        .trimEnd()
        .split('\n')
        .map(line => line.slice(file.length).split(': ').slice(0, 2));
      expect(places).toEqual([
        [':2', 'nodes[0].ram'],
        [':3', 'auto_online'],
        [':4', 'colour'],
      ]);
    }));

  it('accepts a recorded machine.json as it is', () =>
    withDirectory(async directory => {
      const file = join(directory, 'machine.json');
      await writeFile(file, readRecording('6.12-02-driver-attrs', 'machine.json'));
      expect(await daxsim('check', file)).toMatchObject({ status: 0, stderr: '' });
    }));

  it('boots the machine, and tells which modules and commands it does not know', () =>
    withDirectory(async directory => {
      const file = join(directory, 'typo.yaml');
      const before =
        '[rmmod kmem, echo 1 > /sys/nothing, for m in kmem; do modprobe $m; done, chmem -e 1G, "cat /sys/none; true", "ls /none"]';
      await writeFile(file, `nodes: [{ cpus: 1, ram: 1GiB }]\nmodules: [kmem, kmen]\nbefore: ${before}\n`);
      expect(await daxsim('check', file)).toEqual({
        status: 1,
        stdout: '',
        stderr:
          `${file}: fails at boot: modprobe kmen (ENOENT: did you mean kmem?)\n` +
          `${file}: fails at boot: echo 1 > /sys/nothing (ENOENT)\n` +
          `${file}: fails at boot: chmem -e 1G (boot has no chmem)\n` +
          `${file}: fails at boot: ls /none (ls: /none: No such file or directory)\n`,
      });
    }));

  it('accepts a command line with words that have no effect, and tells which', () =>
    withDirectory(async directory => {
      const file = join(directory, 'small.yaml');
      await writeFile(file, 'nodes: [{ cpus: 1, ram: 1GiB }]\ncmdline: quiet crashkernel=64M movable_node\n');
      expect(await daxsim('check', file)).toEqual({
        status: 0,
        stdout: `${file}: good (machine small, Linux 6.12, memory blocks of 128 MiB)
`,
        stderr: `${file}: cmdline: crashkernel=64M: not simulated
`,
      });
      await writeFile(file, 'nodes: [{ cpus: 1, ram: 1GiB }]\nparameters: { movable_nodes: true }\n');
      expect((await daxsim('check', file)).stderr).toBe(
        `${file}: cmdline: movable_nodes: did you mean movable_node?\n`,
      );
    }));

  it('tells whose behaviour a kernel has that is none of those simulated', () =>
    withDirectory(async directory => {
      const file = join(directory, 'small.yaml');
      await writeFile(file, 'nodes: [{ cpus: 1, ram: 1GiB }]\nkernel: 6.10\n');
      expect(await daxsim('check', file)).toEqual({
        status: 0,
        stdout: `${file}: good (machine small, Linux 6.10, memory blocks of 128 MiB)\n`,
        stderr: `${file}: kernel: 6.10 lies between 6.1 and 6.12, with what is known to have come by 6.9\n`,
      });
    }));

  it('tells what the kernel warns of at boot, as that of a range that kmem cannot take', () =>
    withDirectory(async directory => {
      const file = join(directory, 'small.yaml');
      const machine = 'nodes: [{ cpus: 1, ram: 1GiB }, {}]\nparameters: { kmem.nosuch: 1 }\n';
      const ranges = (count: number) => Array(count).fill('{ size: 64MiB, node: 1 }').join(', ');
      await writeFile(file, `${machine}soft_reserved: [${ranges(1)}]\n`);
      expect(await daxsim('check', file)).toMatchObject({
        status: 0,
        stderr: [
          "kmem: unknown parameter 'nosuch' ignored",
          'kmem dax0.0: rejecting DAX region without any memory after alignment',
          'kmem dax0.0: probe with driver kmem failed with error -22',
        ]
          .map(line => `${file}: dmesg: ${line}\n`)
          .join(''),
      });
      await writeFile(file, `${machine}soft_reserved: [${ranges(40)}]\n`);
      const { stderr } = await daxsim('check', file);
      expect(stderr.trimEnd().split('\n').at(-1)).toBe(`${file}: dmesg: and 69 lines more`);
    }));

  it('says that a file cannot be read', async () => {
    expect(await daxsim('check', '/nonexistent.yaml')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'daxsim: /nonexistent.yaml: cannot be read (ENOENT)\n',
    });
  });
});
