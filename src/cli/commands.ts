import { type Command, command } from './command.ts';

const machine = {
  type: 'list',
  value: 'name|file',
  help: 'a machine of "daxsim machines", or a machine file; several are served as subdirectories',
} as const;

const transport = {
  type: 'choice',
  choices: ['auto', 'devfuse', 'fuse-native'],
  default: 'auto',
  help: 'how the tree reaches programs',
} as const;

const kernel = {
  type: 'text',
  value: 'release',
  help: 'the kernel to boot, of "daxsim kernels" or between; host: as the running one (default: what the machine says)',
} as const;

/** Every command of daxsim. The code of a command is loaded when the command runs. */
export const commands: readonly Command[] = [
  command({
    name: 'mount',
    summary: 'boot a machine and serve its files at a directory',
    notes:
      'Prints "mounted MACHINE at DIR (TRANSPORT)" when the mount answers; SIGINT or SIGTERM unmounts;\n' +
      'where the machine is stuck, a second one after a second ends the daemon.\n' +
      'With --detach, logs are kept only when stderr is a file.',
    arguments: { mountpoint: { type: 'required', help: 'an empty directory, or one to be made' } },
    options: {
      machine,
      kernel,
      transport,
      cache: {
        type: 'flag',
        help: 'let the kernel cache what did not change: faster, st_size is the length',
      },
      detach: { type: 'flag', help: 'return when the mount answers, and go on in the background' },
      'log-level': {
        type: 'choice',
        choices: ['debug', 'info', 'warn', 'error', 'silent'],
        default: 'info',
        help: 'what the daemon logs to stderr',
      },
    },
    run: async values => (await import('./mount.ts')).mount(values),
  }),
  command({
    name: 'unmount',
    summary: 'end a mount of daxsim, and its daemon',
    arguments: { mountpoint: { type: 'required', help: 'where it is mounted' } },
    options: {},
    run: async values => (await import('./unmount.ts')).unmount(values),
  }),
  command({
    name: 'run',
    summary: 'run a command, or a shell, with a simulated machine in place of the real one',
    notes:
      'Works as root, and without privilege in a user name space. The status is that of the command;\n' +
      '125 when the machine cannot be put in place.',
    arguments: { command: { type: 'rest', help: 'what to run, with its arguments (default: $SHELL)' } },
    options: {
      machine: {
        type: 'text',
        value: 'name|file',
        help: 'a machine of "daxsim machines", or a machine file',
      },
      kernel,
      udev: { type: 'flag', help: 'start systemd-udevd inside; it hears the uevents of the machine' },
      rules: { type: 'list', value: 'file', help: 'udev rules to add (implies --udev)' },
      'no-distro-rules': {
        type: 'flag',
        help: "only the rules given, not the distribution's (implies --udev)",
      },
      'no-coldplug': {
        type: 'flag',
        help: 'do not let udevd handle the devices that are there (implies --udev)',
      },
      root: { type: 'flag', help: 'use the privilege that is there' },
      user: { type: 'flag', help: 'use a user name space' },
      pin: { type: 'flag', help: 'keep the machine and the command on one CPU' },
      verbose: { type: 'flag', help: 'say what is done' },
    },
    run: async values => (await import('./run.ts')).run(values),
  }),
  command({
    name: 'demo',
    summary: 'show the main job on a temporary mount: a walk through memory as devices and back',
    arguments: {},
    options: { kernel, all: { type: 'flag', help: 'every chapter, not only the main job' } },
    run: async values => (await import('./demo/demo.ts')).demo(values),
  }),
  command({
    name: 'machines',
    summary: 'list the machines known by name, or print the machine file of one',
    arguments: { name: { type: 'optional', help: 'print this one, as a file to start from' } },
    options: { kernel },
    run: async values => (await import('./machines.ts')).machines(values),
  }),
  command({
    name: 'check',
    summary: 'validate a machine file: every error with its place in the file',
    arguments: { file: { type: 'required', help: 'YAML or JSON' } },
    options: { kernel },
    run: async values => (await import('./check.ts')).check(values),
  }),
  command({
    name: 'kernels',
    summary: 'list the kernels that are simulated: what each brought, and how it is known',
    arguments: {},
    options: {},
    run: async () => (await import('./kernels.ts')).kernels(),
  }),
  command({
    name: 'schema',
    summary: 'print the JSON Schema of machine files, for editors',
    arguments: {},
    options: {},
    run: async () => (await import('./schema.ts')).printSchema(),
  }),
  command({
    name: 'replay',
    summary: 'repeat what was recorded on real kernels and compare',
    notes: 'A recording is a directory with machine.json and transcript.jsonl. Exits with 1 on any mismatch.',
    arguments: { directories: { type: 'many', help: 'recordings, or directories of them' } },
    options: {
      machine: { type: 'text', value: 'name|file', help: "boot this in place of the recording's machine" },
      through: {
        type: 'choice',
        choices: ['engine', 'devfuse', 'fuse-native'],
        default: 'engine',
        help: 'what performs the steps',
      },
      cache: {
        type: 'flag',
        help: 'let the kernel keep page contents, as by mount --cache (with --through devfuse)',
      },
      json: { type: 'flag', help: 'print one JSON object' },
      limit: { type: 'text', value: 'count', help: 'mismatches shown of each recording (default: 5)' },
      jobs: {
        type: 'text',
        value: 'count',
        help: 'recordings replayed at the same time (default: as many as there are CPUs)',
      },
    },
    run: async values => (await import('./replay.ts')).run(values),
  }),
];
