/** Strict reading of JSON that somebody else wrote: each helper names the place that is wrong. */
export type Fail = (message: string) => Error;

export class Checked {
  constructor(
    readonly value: unknown,
    readonly place: string,
    private readonly fail: Fail,
  ) {}

  private refuse(wanted: string): never {
    throw this.fail(`${this.place} is not ${wanted}`);
  }

  at(key: string): Checked {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value)) this.refuse("an object");
    return new Checked((this.value as { [key: string]: unknown })[key], `${this.place}.${key}`, this.fail);
  }

  get missing(): boolean {
    return this.value === undefined || this.value === null;
  }

  list(length?: number): Checked[] {
    if (!Array.isArray(this.value)) this.refuse("a list");
    const items = this.value as unknown[];
    if (length !== undefined && items.length !== length) this.refuse(`a list of ${length}`);
    return items.map((item, index) => new Checked(item, `${this.place}[${index}]`, this.fail));
  }

  string(): string {
    return typeof this.value === "string" ? this.value : this.refuse("a string");
  }

  boolean(): boolean {
    return typeof this.value === "boolean" ? this.value : this.refuse("true or false");
  }

  number(): number {
    return typeof this.value === "number" && Number.isFinite(this.value) ? this.value : this.refuse("a number");
  }

  /** A whole number from `least` on. */
  whole(least = 0): number {
    const value = this.number();
    return Number.isSafeInteger(value) && value >= least ? value : this.refuse(`a whole number from ${least} on`);
  }

  oneOf<T extends string>(allowed: readonly T[]): T {
    const value = this.string();
    return (allowed as readonly string[]).includes(value) ? (value as T) : this.refuse(`one of ${allowed.join(", ")}`);
  }
}
