/** Requests from one trial to the next: at first, and at most. */
const PAUSE_MIN = 4096;
const PAUSE_MAX = 16384;
/** Requests in a row whose time tells how to go on. */
const SAMPLE = 256;
/** So many samples in a row must show no gain before looking out ends: one may have met a garbage collection. */
const DOUBTS_MAX = 4;
/**
 * Microseconds from one request of a single client to its next. Sooner, it shares our CPU, and would leave it if we never
 * slept; later, it has more to do than to wait for us.
 */
const WORTH_MIN = 10;
const WORTH_MAX = 100;
/** How many more waits may be cut short than not, until looking out has failed. */
const CREDIT_MAX = 8;
const MISS_COSTS = 4;

/**
 * Whether to look out for the next request for a moment before going to sleep for it, as KVM does for an idle guest
 * (virt/kvm halt_poll_ns). A client on another CPU sends it sooner than this one falls asleep and is woken; one that
 * shares our CPU cannot send it before we sleep. Which it is shows by the clock, and by trying; and only where a client
 * sweeps over thousands of files, or many ask at once, does it matter.
 */
export class Eagerness {
  readonly #now: () => number;
  #eager = false;
  #pause = PAUSE_MIN;
  #untilSample: number;
  /** Time of a request while we slept between them, in microseconds. */
  #asleepTook = 0;
  #paidOff = false;
  #doubts = 0;
  #credit = 0;
  #client = 0;
  // Of the sample:
  #start = 0;
  #requests = 0;
  #clientChanges = 0;

  /**
   * @param cpus how many there are: with one only there is nothing to look out for.
   * @param now milliseconds of any clock that does not go back.
   */
  constructor(cpus: number, now: () => number) {
    this.#now = now;
    this.#untilSample = cpus > 1 ? PAUSE_MIN : Number.POSITIVE_INFINITY;
  }

  get eager(): boolean {
    return this.#eager;
  }

  /** A request came, of the thread with this id; 0 is the kernel, which forgets and releases for everybody. */
  came(client: number): void {
    if (client !== 0 && client !== this.#client) {
      this.#clientChanges++;
      this.#client = client;
    }
    if (this.#untilSample > 0) {
      if (--this.#untilSample === 0) this.#startSample();
    } else if (++this.#requests === SAMPLE) this.#consider();
  }

  /** A wait was cut short. */
  hit(): void {
    if (this.#credit < CREDIT_MAX) this.#credit++;
  }

  /** No request came while we looked out. */
  miss(): void {
    this.#credit -= MISS_COSTS;
    if (this.#credit <= 0) this.#giveUp();
  }

  #consider(): void {
    const microseconds = ((this.#now() - this.#start) * 1000) / SAMPLE;
    const alone = this.#clientChanges === 0;
    const crowd = this.#clientChanges > SAMPLE / 2;
    this.#startSample();
    if (this.#eager) {
      const gain = (alone || crowd) && microseconds < this.#asleepTook;
      this.#paidOff ||= gain;
      this.#doubts = gain ? 0 : this.#doubts + 1;
      if (this.#doubts === DOUBTS_MAX) this.#giveUp();
    } else if (crowd || (alone && microseconds > WORTH_MIN && microseconds < WORTH_MAX)) {
      this.#asleepTook = microseconds;
      this.#credit = CREDIT_MAX;
      this.#doubts = 0;
      this.#paidOff = false;
      this.#eager = true;
    } else this.#untilSample = this.#pause;
  }

  #giveUp(): void {
    this.#eager = false;
    this.#pause = this.#paidOff ? PAUSE_MIN : Math.min(this.#pause * 2, PAUSE_MAX);
    this.#untilSample = this.#pause;
  }

  #startSample(): void {
    this.#start = this.#now();
    this.#requests = 0;
    this.#clientChanges = 0;
  }
}
