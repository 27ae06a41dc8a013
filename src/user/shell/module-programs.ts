import { matchesAlias } from '../../kernel/base/module.ts';
import { isErrno } from '../../kernel/lib/errno.ts';
import { O_WRONLY } from '../../kernel/lib/stat.ts';
import { CONTROL_DIRECTORY } from '../../machine/control-directory.ts';
import { hasRecipe, runNdctl } from '../ndctl/ndctl.ts';
import type { SystemCalls } from '../system-calls.ts';
import {
  type Context,
  failed,
  lines,
  type Output,
  type Program,
  printed,
  readFile,
  split,
} from './program.ts';

/** kmod and ndctl, as far as they are files of the machine's. */
export const modulePrograms: Readonly<Record<string, Program>> = {
  lsmod: {
    accepts: args => args.length === 0,
    run: (_args, { calls }) => {
      const rows = split(readFile(calls, '/proc/modules').text).map(line => {
        const [name, size, references, users] = line.split(' ');
        const holders = users === '-' ? '' : users!.replace(/,$/, '');
        return `${name!.padEnd(19)} ${size!.padStart(8)} ${references!.padStart(2)} ${holders}`;
      });
      return printed(lines(['Module                  Size  Used by    ', ...rows]));
    },
  },
  modprobe: {
    accepts: args => args.every((arg, i) => (i === 0 && /^-[qr]$/.test(arg)) || !arg.startsWith('-')),
    run: (args, { calls }) => {
      const words = args.filter(arg => arg !== '-q');
      return control(calls, 'modprobe', ['--no-softdep', ...words].join(' '));
    },
  },
  rmmod: {
    accepts: args => args.length === 1 && !args[0]!.startsWith('-'),
    run: ([name = ''], { calls }) => control(calls, 'rmmod', name),
  },
  '/sbin/modprobe': {
    accepts: args => args.length > 0,
    run: runKmodModprobe,
  },
  '/sbin/lsmod': {
    accepts: args => args.length === 0,
    run: (_args, { calls }) => {
      const rows = split(readFile(calls, '/proc/modules').text).map(line => {
        const [name, size, references, users] = line.split(' ');
        const holders = users === '-' ? '' : ` ${users!.replace(/,$/, '')}`;
        return `${name!.padEnd(19)} ${size!.padStart(8)}  ${references}${holders}`;
      });
      return printed(lines([`${'Module'.padEnd(19)} ${'Size'.padStart(8)}  Used by`, ...rows]));
    },
  },
  ndctl: {
    accepts: hasRecipe,
    run: (args, { calls }) => runNdctl(calls, args),
  },
};

/** kmod's modprobe, which knows aliases and soft dependencies: `--version`, `-R ALIAS`, `-r MODULE`, `MODULE|ALIAS [PARAMETER=VALUE]...` */
function runKmodModprobe(args: readonly string[], { calls }: Context): Output {
  const [option, ...rest] = args;
  if (option === '--version') return printed('kmod version 30\n');
  if (option === '-R') return printed(lines(aliased(calls, rest[0] ?? '')));
  if (option === '-r') return control(calls, 'modprobe', args.join(' '));
  const names = aliased(calls, option ?? '');
  for (const name of names.length > 0 ? names : [option]) {
    const outcome = control(calls, 'modprobe', [name, ...rest].join(' '));
    if (outcome.status !== 0) return outcome;
  }
  return printed('');
}

/** The modules that an alias stands for. */
function aliased(calls: SystemCalls, alias: string): string[] {
  const configuration = split(readFile(calls, `${CONTROL_DIRECTORY}/modprobe.conf`).text);
  return configuration.flatMap(line => {
    const [word, pattern = '', module = ''] = line.split(' ');
    return word === 'alias' && matchesAlias(pattern, alias) ? [module] : [];
  });
}

function control(calls: SystemCalls, name: string, text: string): Output {
  const fd = calls.open(`${CONTROL_DIRECTORY}/${name}`, O_WRONLY);
  if (isErrno(fd)) return failed(name, text, fd);
  const written = calls.write(fd, Buffer.from(`${text}\n`));
  calls.close(fd);
  return isErrno(written) ? failed(name, text, written) : printed('');
}
