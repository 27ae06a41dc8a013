import { ControlFile, type ControlFileOperations } from '../fs/control-file.ts';
import type { Directory } from '../fs/directory.ts';
import { EINVAL, ENODEV, type Errno, isErrno } from '../lib/errno.ts';
import { hexPad, prefixedHex } from '../lib/format.ts';
import { kstrtoull, stripNewline } from '../lib/kstrtox.ts';
import { PAGE_SHIFT } from '../lib/page.ts';
import type { TestHmm } from './hmm.ts';
import { CHUNK_BYTES } from './hmm-dmirror.ts';
import type { HmmPage } from './hmm-process.ts';
import { parsePageMapOptions } from './page-map-options.ts';

type Command = (hmm: TestHmm, words: readonly string[]) => Errno | undefined;

/** `load ADDRESS` */
const load: Command = ({ process }, [address = '', ...rest]) => {
  const at = kstrtoull(address);
  if (isErrno(at) || rest.length > 0) return EINVAL;
  const loaded = process.load(at, 1);
  return isErrno(loaded) ? loaded : undefined;
};

/** `store ADDRESS TEXT` */
const store: Command = ({ process }, [address = '', ...text]) => {
  const at = kstrtoull(address);
  return isErrno(at) ? EINVAL : process.store(at, Buffer.from(text.join(' ')));
};

/** `migrate ADDRESS PAGES DEVICE`, or `system` for the device. */
const migrate: Command = (hmm, [address = '', pages = '', to = '', ...rest]) => {
  const at = kstrtoull(address);
  const count = kstrtoull(pages);
  if (isErrno(at) || isErrno(count) || rest.length > 0) return EINVAL;
  if (to === 'system') return hmm.process.migrateToSystem(at, Number(count));
  const device = hmm.find(to);
  return device ? hmm.process.migrateToDevice(device, at, Number(count)) : ENODEV;
};

const commands: ReadonlyMap<string, Command> = new Map([
  ['load', load],
  ['store', store],
  ['migrate', migrate],
]);

/** `private [OPTION]...`, or `coherent ADDRESS [OPTION]...` for memory that a CPU can address. */
function create(hmm: TestHmm, text: string): Errno | undefined {
  const [kind, ...words] = stripNewline(text).split(/\s+/);
  const start = kind === 'coherent' ? kstrtoull(words.shift() ?? '') : undefined;
  if (isErrno(start) || (start === undefined && kind !== 'private')) return EINVAL;
  const alter = parsePageMapOptions(words);
  if (isErrno(alter)) return alter;
  const made = hmm.create(start, alter);
  return isErrno(made) ? made : undefined;
}

function showDevices(hmm: TestHmm): string {
  return hmm
    .devices()
    .map(device => {
      const chunks = device.chunks.map(
        ({ start }) => `${hexPad(start, 8)}-${hexPad(start + CHUNK_BYTES - 1n, 8)}`,
      );
      const kind = device.isPrivate ? 'private' : 'coherent';
      return `${device.name} ${kind} pages=${device.pagesInUse} ${chunks.join(' ')}\n`;
    })
    .join('');
}

function showPage([virtual, { device, bytes }]: [bigint, HmmPage]): string {
  const place = device ? `${device.device.name} ${prefixedHex(device.address >> PAGE_SHIFT)}` : 'system';
  const shown = Buffer.from(bytes?.subarray(0, 64) ?? []);
  const end = shown.indexOf(0);
  const text = shown.toString('utf8', 0, end < 0 ? shown.length : end);
  return `${hexPad(virtual, 12)} ${place} ${JSON.stringify(text)}\n`;
}

function showProcess({ process }: TestHmm): string {
  const { faults, toDevice, toSystem } = process.counters;
  const counters = `faults=${faults} to_device=${toDevice} to_system=${toSystem}\n`;
  return counters + process.pages().map(showPage).join('');
}

/** A write to `process`. EINVAL for an unknown command. */
function perform(hmm: TestHmm, text: string): Errno | undefined {
  const [name = '', ...words] = stripNewline(text).split(' ');
  const command = commands.get(name);
  return command ? command(hmm, words) : EINVAL;
}

/**
 * The directory `hmm` of control files: `create`, `remove`, `devices`, and `process`, which takes
 *
 *     load ADDRESS | store ADDRESS TEXT | migrate ADDRESS PAGES DEVICE|system
 *
 * and shows the pages of the process with where they are (device and page frame, or system). What `create` takes after the kind
 * alters the argument of memremap_pages, which refuses what a driver must not give it; see {@link parsePageMapOptions}.
 */
export function addHmmControls(controls: Directory, hmm: TestHmm): void {
  const directory = controls.addDirectory('hmm');
  const add = (name: string, operations: ControlFileOperations) =>
    directory.add(new ControlFile(directory, name, operations));
  add('create', { mode: 0o200, store: text => create(hmm, text) });
  add('remove', { mode: 0o200, store: text => hmm.remove(stripNewline(text)) });
  add('devices', { mode: 0o444, show: () => showDevices(hmm) });
  add('process', { mode: 0o644, show: () => showProcess(hmm), store: text => perform(hmm, text) });
}
