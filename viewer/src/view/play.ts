/** Plays along an axis: as fast as pictures come, but not faster than can be looked at. */
import { steppedAt, type Motion } from "./steps.ts";
import type { Viewer } from "./viewer.ts";

const STEP_MS = 100;

export class Player {
  private axis: string | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** @param viewer the one that is open; another one stops the play. `ready` whether what is there may be left */
  constructor(
    private readonly viewer: Viewer,
    private readonly ready: () => boolean,
  ) {}

  get playing(): string | undefined {
    return this.axis;
  }

  toggle(axis: string): void {
    clearInterval(this.timer);
    this.axis = this.axis === axis ? undefined : axis;
    if (this.axis !== undefined) this.timer = setInterval(() => this.tick({ axis, by: 1 }), STEP_MS);
    this.viewer.requestFrame(); // what shows it is brought up to date
  }

  private tick(motion: Motion): void {
    const { viewer } = this;
    if (viewer.isClosed) return clearInterval(this.timer);
    if (this.ready()) viewer.set({ at: steppedAt(viewer.description, viewer.current.at, motion, true) });
  }
}
