/** Promises for a state that comes about some frames later. */
export class Waiting {
  private waiting: { readonly ready: () => boolean; readonly resolve: () => void }[] = [];

  /** Resolves at the first `look` that finds it ready. */
  until(ready: () => boolean): Promise<void> {
    return new Promise((resolve) => this.waiting.push({ ready, resolve }));
  }

  look(): void {
    const ready = this.waiting.filter((one) => one.ready());
    this.waiting = this.waiting.filter((one) => !ready.includes(one));
    for (const { resolve } of ready) resolve();
  }

  /** Nothing more will come about. */
  end(): void {
    for (const { resolve } of this.waiting.splice(0)) resolve();
  }
}
