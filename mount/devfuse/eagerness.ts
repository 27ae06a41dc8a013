/** Requests after which it is considered how to go on: of a sleeper at first and at most, and of who looks out. */
const ASLEEP_MIN = 4096;
const ASLEEP_MAX = 65536;
const AWAKE = 256;
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
  readonly #mayLookOut: boolean;
  #eager = false;
  #asleepFor = ASLEEP_MIN;
  /** Time of a request while we slept between them, in microseconds. */
  #asleepTook = 0;
  #credit = 0;
  // Since it was considered last:
  #start = 0;
  #requests = 0;
  #clientChanges = 0;
  #client = 0;

  /**
   * @param cpus how many there are: with one only there is nothing to look out for.
   * @param now milliseconds of any clock that does not go back.
   */
  constructor(cpus: number, now: () => number) {
    this.#now = now;
    this.#mayLookOut = cpus > 1;
    this.#start = now();
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
    if (++this.#requests === (this.#eager ? AWAKE : this.#asleepFor)) this.#consider();
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
    const microseconds = ((this.#now() - this.#start) * 1000) / this.#requests;
    const alone = this.#clientChanges <= 1;
    const crowd = this.#clientChanges > this.#requests / 2;
    this.#restart();
    if (this.#eager) {
      if ((alone || crowd) && microseconds < this.#asleepTook) this.#asleepFor = ASLEEP_MIN;
      else this.#giveUp();
    } else if (crowd || (alone && microseconds > WORTH_MIN && microseconds < WORTH_MAX)) {
      this.#asleepTook = microseconds;
      this.#credit = CREDIT_MAX;
      this.#eager = this.#mayLookOut;
    }
  }

  #giveUp(): void {
    this.#eager = false;
    this.#asleepFor = Math.min(this.#asleepFor * 2, ASLEEP_MAX);
    this.#restart();
  }

  #restart(): void {
    this.#start = this.#now();
    this.#requests = 0;
    this.#clientChanges = 0;
  }
}
