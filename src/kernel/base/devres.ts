/** drivers/base/devres.c: what a driver acquired for a device, given back newest first. */
export class Devres {
  readonly #actions: (() => void)[] = [];

  get empty(): boolean {
    return this.#actions.length === 0;
  }

  /** devm_add_action. The returned function takes the action back without running it. */
  add(release: () => void): () => void {
    this.#actions.push(release);
    return () => {
      const index = this.#actions.lastIndexOf(release);
      if (index >= 0) this.#actions.splice(index, 1);
    };
  }

  releaseAll(): void {
    for (let action = this.#actions.pop(); action; action = this.#actions.pop()) action();
  }
}
