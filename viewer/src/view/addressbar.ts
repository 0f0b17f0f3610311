/** The browser's address follows what is seen. */
import { writeHash, type ViewState } from "./state.ts";
import type { Description } from "../client/description.ts";

/** Not faster than browsers allow. */
const DELAY_MS = 250;

/** What is seen: of a viewer, or any part of one that tells it. */
export interface Seen {
  readonly description: Description;
  readonly current: ViewState;
}

export class AddressBar {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private written = "";

  /** @param write puts it behind the `#` */
  constructor(private readonly write: (hash: string) => void) {}

  /** Writes soon what is seen then, if that is something else than before. */
  follow(seen: Seen): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const hash = hashOf(seen);
      if (hash !== this.written) this.write((this.written = hash));
    }, DELAY_MS);
  }

  /**
   * Leaves alone what a person asked for, while it is opened and if that fails.
   *
   * @param seen what is seen meanwhile: followed again once it changes. None: whatever is followed next is written.
   * @param typed put back, as it may have been written over before the browser told of it
   */
  leave(seen?: Seen, typed?: string): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.written = seen === undefined ? "" : hashOf(seen);
    if (typed) this.write(typed);
  }
}

const hashOf = ({ description, current }: Seen): string => writeHash(description, current);
