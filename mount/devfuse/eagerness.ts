/** How often a wait may be cut short by one that was not, before looking out for requests is given up. */
const CREDIT_MAX = 8;
const MISS_COSTS = 4;
/** Requests until the next trial: at first, and at most. */
const PAUSE_MIN = 64;
const PAUSE_MAX = 8192;

/**
 * Whether to look out for the next request for a moment before going to sleep for it, as KVM does for an idle guest
 * (virt/kvm halt_poll_ns). A client on another CPU sends it sooner than this one falls asleep and is woken; where both
 * share a CPU it cannot come before we sleep. Which it is shows by trying.
 */
export class Eagerness {
  #credit: number;
  #pause = PAUSE_MIN;
  #untilTrial = 0;

  /** @param cpus how many there are: with one only there is nothing to look out for. */
  constructor(cpus: number) {
    this.#credit = cpus > 1 ? CREDIT_MAX : 0;
    if (cpus === 1) this.#untilTrial = Number.POSITIVE_INFINITY;
  }

  get eager(): boolean {
    return this.#credit > 0;
  }

  /** A request came while we looked out. */
  hit(): void {
    if (this.#credit < CREDIT_MAX) this.#credit++;
    else this.#pause = PAUSE_MIN;
  }

  /** None came. */
  miss(): void {
    this.#credit -= MISS_COSTS;
    if (this.eager) return;
    this.#untilTrial = this.#pause;
    this.#pause = Math.min(this.#pause * 2, PAUSE_MAX);
  }

  /** A request came to a sleeper. */
  slept(): void {
    if (--this.#untilTrial <= 0) this.#credit = CREDIT_MAX;
  }
}
