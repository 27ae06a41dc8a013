const UUID = /(?!00000000-0000-)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * Identifiers that ndctl made at random, once there and once here. Where the first of the one stands, the first of the other
 * has to stand from then on. One that a step gave is not random, and has to be the same.
 */
export class Uuids {
  readonly #given = new Set<string>();
  readonly #recordedOf = new Map<string, string>();
  readonly #paired = new Set<string>();

  /** Those in a command or in data that a step writes. */
  give(text: string): void {
    for (const [uuid] of text.matchAll(UUID)) this.#given.add(uuid);
  }

  /** A text of ours with the recording's identifiers, given the recording's text of the same thing. */
  asRecorded(text: string, recorded: string): string {
    const theirs = recorded.match(UUID) ?? [];
    let position = 0;
    return text.replace(UUID, uuid => this.#recorded(uuid, theirs[position++]));
  }

  #recorded(uuid: string, candidate: string | undefined): string {
    const known = this.#recordedOf.get(uuid);
    if (known !== undefined || this.#given.has(uuid)) return known ?? uuid;
    if (candidate === undefined || this.#given.has(candidate) || this.#paired.has(candidate)) return uuid;
    this.#recordedOf.set(uuid, candidate);
    this.#paired.add(candidate);
    return candidate;
  }
}
