import { isErrno } from '../../kernel/lib/errno.ts';
import { O_WRONLY } from '../../kernel/lib/stat.ts';
import { CONTROL_DIRECTORY } from '../../machine/control-directory.ts';
import { hasRecipe, runNdctl } from '../ndctl/ndctl.ts';
import type { SystemCalls } from '../system-calls.ts';
import { failed, lines, type Output, type Program, printed, readFile, split } from './program.ts';

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
    run: (args, { calls }) => control(calls, 'modprobe', args.filter(arg => arg !== '-q').join(' ')),
  },
  rmmod: {
    accepts: args => args.length === 1 && !args[0]!.startsWith('-'),
    run: ([name = ''], { calls }) => control(calls, 'rmmod', name),
  },
  ndctl: {
    accepts: hasRecipe,
    run: (args, { calls }) => runNdctl(calls, args),
  },
};

function control(calls: SystemCalls, name: string, text: string): Output {
  const fd = calls.open(`${CONTROL_DIRECTORY}/${name}`, O_WRONLY);
  if (isErrno(fd)) return failed(name, text, fd);
  const written = calls.write(fd, Buffer.from(`${text}\n`));
  calls.close(fd);
  return isErrno(written) ? failed(name, text, written) : printed('');
}
