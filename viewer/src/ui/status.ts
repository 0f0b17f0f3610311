/** The bar at the bottom: how far the picture has come, and what lies under the pointer. */
import type { Description } from "../client/description.ts";
import { readableBytes, readableError, readableValue } from "../view/status.ts";
import type { Reading } from "../view/values.ts";
import type { Point } from "../view/camera.ts";
import type { Viewer } from "../view/viewer.ts";
import { element, say } from "./dom.ts";

export class StatusBar {
  private readonly quality = element("output", { class: "quality", "aria-live": "polite" });
  private readonly bytes = element("output", { title: "Bytes received for this image" });
  private readonly level = element("output", { title: "The level on the screen: 2^-level of full size" });
  private readonly pointer = element("output", { class: "pointer", title: "Values under the pointer" });
  private readonly trouble = element("output", { class: "trouble", role: "alert" });
  private readonly exact = element("input", { type: "checkbox" });
  readonly root: HTMLElement;
  /** Why no other image could be opened. */
  failure = "";

  /** @param setExact whether to refine beyond what can be seen */
  constructor(setExact: (wantExact: boolean) => void) {
    this.exact.addEventListener("change", () => setExact(this.exact.checked));
    const choice = element("label", { class: "switch", title: "Off: refine until nothing more can be seen. On: to the last bit." }, this.exact, " Exact");
    this.root = element("footer", {}, this.quality, this.bytes, this.level, choice, this.trouble, this.pointer);
  }

  /** @param others what is wrong with what lies over the image */
  update(viewer: Viewer, others: readonly string[]): void {
    const { maxError, exact, bytesReceived, level, settled, connected, damaged, error } = viewer.status;
    this.exact.checked = viewer.current.wantExact;
    say(this.quality, exact ? "exact" : Number.isFinite(maxError) ? `error ≤ ${readableError(maxError)}` : "loading");
    this.quality.dataset["state"] = exact ? "exact" : settled ? "enough" : "refining";
    this.quality.title = exact
      ? "Every value on the screen is what was stored"
      : settled
        ? "No more can be seen in these windows; switch to Exact for the rest"
        : "Guaranteed: no value is further off";
    say(this.bytes, readableBytes(bytesReceived));
    say(this.level, level === 0 ? "full size" : `1:${2 ** level}`);
    const troubles = [
      connected ? "" : "Connection lost: trying again.",
      damaged.size > 0 ? `${damaged.size} damaged ${damaged.size === 1 ? "chunk" : "chunks"}: ${[...damaged.values()][0]}` : "",
      error ?? "",
      ...others,
    ];
    this.complain(troubles);
  }

  complain(troubles: readonly string[] = []): void {
    say(this.trouble, [this.failure, ...troubles].filter((text) => text !== "").join(" "));
  }

  /** @param texts what was read there */
  showPointer(point: Point | undefined, texts: readonly string[]): void {
    if (point === undefined || texts.length === 0) return say(this.pointer, "");
    say(this.pointer, [`x ${Math.floor(point.x)}  y ${Math.floor(point.y)}`, ...texts].join("   "));
  }
}

/** @param name instead of the channel's own */
export function readingText(description: Description, { channel, values, error, level }: Reading, name?: string): string {
  const called = name ?? (description.rgb ? "" : description.channels[channel]!.name || `Channel ${channel + 1}`);
  const mean = level > 0 ? ` (${description.labels ? "one" : "mean"} of ${2 ** level} × ${2 ** level})` : "";
  return `${called === "" ? "" : `${called} `}${values.map(readableValue).join(", ")}${error > 0 ? ` ± ${readableError(error)}` : ""}${mean}`;
}
