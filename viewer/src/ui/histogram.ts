/** A channel's histogram with the ends of its window on it. */
import { isFloat, type Channel } from "../client/description.ts";
import { leastWindow } from "../view/channels.ts";
import { histogramOf } from "../view/histogram.ts";
import { samplesOf } from "../view/values.ts";
import type { Viewer } from "../view/viewer.ts";
import { element } from "./dom.ts";

const BINS = 64;
/** Counting makes the graphics card hand values back: not while the image moves. */
const REST_MS = 200;

export class HistogramSliders {
  private readonly shape = element("div", { class: "shape" });
  private readonly sliders: readonly HTMLInputElement[];
  readonly root: HTMLElement;
  private counted = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param change told which end of the window was moved, and where to */
  constructor(
    private readonly viewer: Viewer,
    private readonly index: number,
    title: string,
    change: (end: number, value: number) => void,
  ) {
    const { range } = this.channel;
    this.sliders = ["lowest", "highest"].map((name, end) => {
      const slider = element("input", {
        type: "range",
        min: range[0],
        max: Math.max(range[1], range[0] + leastWindow(viewer.description, this.channel)),
        step: isFloat(viewer.description.dtype) ? "any" : 1,
        "aria-label": `${title}, ${name} value shown`,
        input: () => change(end, slider.valueAsNumber),
      });
      return slider;
    });
    this.root = element("div", { class: "histogram" }, this.shape, ...this.sliders);
  }

  update([low, high]: readonly [number, number]): void {
    const [least, most] = this.channel.range;
    const place = (value: number): string => `${((100 * (value - least)) / Math.max(leastWindow(this.viewer.description, this.channel), most - least)).toFixed(2)}%`;
    this.root.style.setProperty("--low", place(low));
    this.root.style.setProperty("--high", place(high));
    [low, high].forEach((value, end) => (this.sliders[end]!.value = String(value)));
    this.countLater();
  }

  private get channel(): Channel {
    return this.viewer.description.channels[this.index]!;
  }

  /** Counts anew once another picture is there as a whole. */
  private countLater(): void {
    const { camera, at } = this.viewer.current;
    const { bytesReceived, settled } = this.viewer.status;
    const wanted = JSON.stringify([camera, at, bytesReceived]);
    if (wanted === this.counted) return;
    clearTimeout(this.timer); // it may have been settled before, and be under way again by now
    if (!settled) return;
    this.timer = setTimeout(() => {
      if (!this.root.isConnected) return; // another image was opened
      this.counted = wanted;
      this.count();
    }, REST_MS);
  }

  private count(): void {
    const [least, most] = this.channel.range;
    const heights = histogramOf(samplesOf(this.viewer, this.index), least, most, BINS);
    const corners = heights.flatMap((height, bin) => [bin, bin + 1].map((x) => `${((100 * x) / BINS).toFixed(2)}% ${(100 - 100 * height).toFixed(1)}%`));
    this.shape.style.clipPath = `polygon(0% 100%, ${corners.join(", ")}, 100% 100%)`;
  }
}
