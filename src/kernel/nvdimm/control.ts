import { ControlFile } from '../fs/control-file.ts';
import type { Directory } from '../fs/directory.ts';
import { EINVAL, type Errno, isErrno } from '../lib/errno.ts';
import { prefixedHex } from '../lib/format.ts';
import { kstrtoull } from '../lib/kstrtox.ts';
import { rangeLength } from '../lib/range.ts';
import type { LabelVersion } from './label-area.ts';
import type { NvdimmSubsystem } from './nvdimm.ts';

type Command = (subsystem: NvdimmSubsystem, args: readonly string[]) => Errno | undefined;

/** What programs do with ioctls and block devices, as commands. Numbers are decimal, or hexadecimal after `0x`. */
const nvdimmCommands: Readonly<Record<string, Command>> = {
  'init-labels': (subsystem, [dimm = '', version = '1.2']) =>
    version === '1.1' || version === '1.2' ? subsystem.initLabels(dimm, version as LabelVersion) : EINVAL,
  'zero-labels': (subsystem, [dimm = '']) => subsystem.zeroLabels(dimm),
  zero: span('isPersistent', (subsystem, start, length) => subsystem.memory.zero(start, length)),
};

const poisonCommands: Readonly<Record<string, Command>> = {
  add: span('isBreakable', (subsystem, start, length, [mode]) => {
    subsystem.memory.addPoison(start, length, { latent: mode === 'latent' });
  }),
  clear: span('isBreakable', (subsystem, start, length) => subsystem.memory.clearPoison(start, length)),
};

/** `START LENGTH`: EINVAL for anything else, for an empty span, and for one that is not all in the media. */
function span(
  isMedia: 'isPersistent' | 'isBreakable',
  act: (subsystem: NvdimmSubsystem, start: bigint, length: bigint, rest: readonly string[]) => void,
): Command {
  return (subsystem, [startText = '', lengthText = '', ...rest]) => {
    const start = kstrtoull(startText);
    const length = kstrtoull(lengthText);
    if (isErrno(start) || isErrno(length) || length === 0n) return EINVAL;
    if (!subsystem[isMedia]({ start, end: start + length - 1n })) return EINVAL;
    act(subsystem, start, length, rest);
    return undefined;
  };
}

function run(commands: Readonly<Record<string, Command>>, subsystem: NvdimmSubsystem) {
  return (text: string): Errno | undefined => {
    const [name = '', ...args] = text.trim().split(/\s+/);
    return Object.hasOwn(commands, name) ? commands[name]!(subsystem, args) : EINVAL;
  };
}

/** One line for each error of the media: start, length, and whether the kernel knows of it. */
function listPoison({ memory }: NvdimmSubsystem): string {
  const isKnown = memory.known.overlapTest();
  return memory.errors.list
    .map(range => {
      const state = isKnown(range) ? 'known' : 'latent';
      return `${prefixedHex(range.start)} ${rangeLength(range)} ${state}\n`;
    })
    .join('');
}

/** `[BYTES]`: the running scrub looks at as many bytes more, or at all that is left. EINVAL when none is running. */
function advanceScrub(subsystem: NvdimmSubsystem, text: string): Errno | undefined {
  if (!subsystem.scrub?.running) return EINVAL;
  const word = text.trim();
  const bytes = word === '' || word === 'all' ? subsystem.scrub.remaining : kstrtoull(word);
  if (isErrno(bytes)) return bytes;
  subsystem.scrub.advance(bytes);
  return undefined;
}

/**
 * The files of sys/kernel/debug/daxsim for persistent memory: `nvdimm` takes `init-labels DIMM [VERSION]`,
 * `zero-labels DIMM` and `zero START LENGTH`; `poison` lists media errors and takes `add START LENGTH [latent]` and
 * `clear START LENGTH`; `scrub` shows the bytes left to a running scrub and takes how many it is to do.
 */
export function addNvdimmControls(directory: Directory, subsystem: NvdimmSubsystem): void {
  directory.add(new ControlFile(directory, 'nvdimm', { mode: 0o200, store: run(nvdimmCommands, subsystem) }));
  directory.add(
    new ControlFile(directory, 'poison', {
      mode: 0o644,
      show: () => listPoison(subsystem),
      store: run(poisonCommands, subsystem),
    }),
  );
  directory.add(
    new ControlFile(directory, 'scrub', {
      mode: 0o644,
      show: () => `${subsystem.scrub?.remaining ?? 0n}\n`,
      store: text => advanceScrub(subsystem, text),
    }),
  );
}
