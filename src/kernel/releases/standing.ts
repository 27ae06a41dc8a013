import { CHANGES } from './changes.ts';
import { isBefore, profileOf, seriesOf } from './history.ts';
import { OLDEST } from './oldest.ts';

/** Series whose real kernels were recorded, oldest first. */
export const recordedSeries: readonly string[] = [
  '5.10',
  '6.1',
  '6.12',
  '6.16',
  '6.17',
  '6.18',
  '7.2',
  '7.3',
];

/** Series whose sources were read as a whole. */
const readSeries: readonly string[] = [OLDEST.name, '6.6'];

/** What the behaviour of a kernel release rests on. */
export interface Standing {
  readonly known: 'recorded' | 'read' | 'between' | 'newer';
  /** To be said of the release, as in `6.18.2 is as recorded`. */
  readonly words: string;
}

/** How well a kernel release such as `6.18.2` is known, by its series. */
export function standingOf(release: string): Standing {
  const series = seriesOf(release);
  if (recordedSeries.includes(series)) return { known: 'recorded', words: 'is as recorded' };
  if (readSeries.includes(series)) return { known: 'read', words: 'follows its sources, not a recording' };
  const newest = CHANGES.at(-1)!.release;
  if (isBefore(newest, series))
    return { known: 'newer', words: `is newer than all that is known and behaves as ${newest}` };
  const before = recordedSeries.findLast(recorded => isBefore(recorded, series)) ?? OLDEST.name;
  const after = recordedSeries.find(recorded => isBefore(series, recorded))!;
  const { name } = profileOf(release);
  const more = name === before ? '' : `, with what is known to have come by ${name}`;
  return { known: 'between', words: `lies between ${before} and ${after}${more}` };
}
