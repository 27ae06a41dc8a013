/** Pages of a hot-added node that the kernel may take for its own lists when a zone for the kernel goes online: 1 MiB. */
const OWN_LISTS = 256;
const PAGES_PER_MIB = 256;

interface FreeLine {
  /** What stands before the counts, the node's number in it. */
  readonly pattern: RegExp;
  readonly pages: (counts: string) => number;
  /** How far an idle node may be from the recorded one, in pages. */
  readonly slack: (start: string) => number;
}

const LINES: readonly FreeLine[] = [
  {
    pattern: /^(node (\d+) free:)( \d+) MB$/,
    pages: counts => Number(counts) * PAGES_PER_MIB,
    slack: () => OWN_LISTS,
  },
  {
    // /proc/buddyinfo: free runs of 1, 2, 4… pages. Nothing of the kernel's own lies in a movable zone.
    pattern: /^(Node (\d+), zone +\w+)((?: +\d+)+) *$/,
    pages: counts =>
      counts
        .trim()
        .split(/ +/)
        .reduce((pages, runs, order) => pages + Number(runs) * 2 ** order, 0),
    slack: start => (start.endsWith('Movable') ? 0 : OWN_LISTS),
  },
];

/**
 * Our text with the recorded counters of free memory where they may differ: of nodes that the kernel lives on by any amount,
 * of idle ones by what the kernel takes for its own lists.
 */
export function withRecordedFree(text: string, recorded: string, isInUse: (node: number) => boolean): string {
  const lines = recorded.split('\n');
  return text
    .split('\n')
    .map(line => {
      for (const { pattern, pages, slack } of LINES) {
        const [, start, node, counts] = pattern.exec(line) ?? [];
        if (start === undefined) continue;
        const counterpart = lines.find(other => pattern.exec(other)?.[1] === start);
        if (counterpart === undefined) return line;
        const distance = Math.abs(pages(counts!) - pages(pattern.exec(counterpart)![3]!));
        return isInUse(Number(node)) || (distance > 0 && distance <= slack(start)) ? counterpart : line;
      }
      return line;
    })
    .join('\n');
}
