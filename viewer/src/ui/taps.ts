/** Finds double taps of a finger: browsers that hand touch over tell of none. */

const LONGEST_MS = 300;
/** CSS pixels that a finger may slip, and that two taps may lie apart. */
const SLIP_PIXELS = 12;
const APART_PIXELS = 40;

type Touch = Pick<PointerEvent, "pointerType" | "clientX" | "clientY" | "timeStamp">;

const near = (a: Touch, b: Touch | undefined, pixels: number): boolean =>
  b !== undefined && a.timeStamp - b.timeStamp < LONGEST_MS && Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) < pixels;

export class DoubleTap {
  private began: Touch | undefined;
  private tapped: Touch | undefined;
  /** Whether a finger came down last, not a mouse. */
  touched = false;

  /** @param fingers how many are down now */
  down(touch: Touch, fingers: number): void {
    this.touched = touch.pointerType === "touch";
    this.began = fingers === 1 ? touch : undefined;
  }

  /** @returns whether this ends a second tap */
  up(touch: Touch): boolean {
    const tap = this.touched && near(touch, this.began, SLIP_PIXELS);
    const second = tap && near(touch, this.tapped, APART_PIXELS);
    this.tapped = tap && !second ? touch : undefined;
    this.began = undefined;
    return second;
  }
}
