/** next_nid_to_alloc or next_nid_to_free: the turn goes on among the nodes that are allowed now. */
export class Turn {
  #next = 0;

  /**
   * Has `count` things done one at a time, each on the next node that can, whole rounds at once. The next turn is that of the
   * node behind the one that did the last.
   * @param serve does up to so many on a node, and returns how many: fewer only if it cannot do any more
   */
  share(count: number, nodes: readonly number[], serve: (node: number, count: number) => number): void {
    if (!(count > 0) || nodes.length === 0) return;
    const inTurn = this.#inTurn(nodes);
    const done = new Map<number, number>();
    let left = count;
    let able = inTurn;
    while (able.length > 0 && left > 0) {
      const rounds = Math.max(Math.floor(left / able.length), 1);
      able = able.filter(node => {
        const wanted = Math.min(rounds, left);
        const served = wanted > 0 ? serve(node, wanted) : 0;
        left -= served;
        done.set(node, (done.get(node) ?? 0) + served);
        return served === rounds;
      });
    }
    this.#next = behindLast(inTurn, done);
  }

  #inTurn(nodes: readonly number[]): number[] {
    const from = nodes.findIndex(id => id >= this.#next);
    return from < 0 ? [...nodes] : [...nodes.slice(from), ...nodes.slice(0, from)];
  }
}

/** The node behind the one that had the last turn: of those with the most, the last. */
function behindLast(inTurn: readonly number[], done: ReadonlyMap<number, number>): number {
  const most = Math.max(...done.values());
  if (most === 0) return inTurn[0]!;
  const last = inTurn.findLastIndex(node => done.get(node) === most);
  return inTurn[(last + 1) % inTurn.length]!;
}
