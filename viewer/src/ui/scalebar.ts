/** The scale bar that lies over the picture. */
import { scaleBar } from "../view/scalebar.ts";
import type { Viewer } from "../view/viewer.ts";
import { element, say } from "./dom.ts";

const LONGEST_PIXELS = 140;

export class ScaleBarOverlay {
  private readonly text = element("span", {});
  private readonly bar = element("i", {});
  readonly root = element("div", { class: "scale", role: "img" }, this.text, this.bar);

  update({ current, description }: Viewer): void {
    const { pixels, text } = scaleBar(current.camera.zoom, description.scale["x"], description.unit["x"], LONGEST_PIXELS);
    say(this.text, text);
    this.bar.style.width = `${pixels.toFixed(1)}px`;
    this.root.setAttribute("aria-label", `Scale bar: ${text}`);
  }
}
