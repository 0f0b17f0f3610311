/** The overview in a corner of the picture: the whole image, and where the screen lies in it. */
import { frameIn, overviewSize, underOverview } from "../view/overview.ts";
import type { Point, Size } from "../view/camera.ts";
import type { Viewer } from "../view/viewer.ts";
import { element, say } from "./dom.ts";
import { moveByKey } from "./navigation.ts";

/** CSS pixels of its longer side, at most this share of the picture's shorter one. */
const LONGEST = 180;
const LARGEST_SHARE = 0.35;
/** An arrow key moves by this share of the screen. */
const KEY_SHARE = 0.5;

export class Minimap {
  private readonly map = element("canvas", { tabindex: 0, role: "application", "aria-label": "Overview: click, drag or arrow keys move the view" });
  private readonly frame = element("i", {});
  private readonly picture = element("div", {}, this.map, this.frame);
  private readonly toggle = element("button", { type: "button", click: () => this.show(!this.shown) });
  readonly root = element("div", { class: "minimap" });
  private viewer: Viewer | undefined;
  private shown = true;
  private size: Size = { height: 0, width: 0 };
  /** What is painted. */
  private mark = "";
  /** From the pointer to the middle of the screen, in the image, while it drags. */
  private grip: Point | undefined;

  constructor() {
    this.map.addEventListener("pointerdown", (event) => this.grab(event));
    this.map.addEventListener("pointermove", (event) => this.drag(event));
    for (const type of ["pointerup", "pointercancel"] as const) this.map.addEventListener(type, () => (this.grip = undefined));
    this.map.addEventListener("keydown", (event) => {
      if (this.viewer !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey && moveByKey(this.viewer, event.key, KEY_SHARE)) event.preventDefault();
    });
    this.show(true);
  }

  update(viewer: Viewer): void {
    if (viewer !== this.viewer) this.mark = "";
    this.viewer = viewer;
    const { image, screen } = viewer;
    const frame = frameIn(viewer.current.camera, image, screen);
    // While it is not to be seen it is not there: nothing to reach by keyboard.
    if (frame === undefined) return this.root.replaceChildren();
    if (this.root.childElementCount === 0) this.root.append(this.picture, this.toggle);
    if (!this.shown) return;
    this.size = overviewSize(image, Math.min(LONGEST, LARGEST_SHARE * Math.min(screen.height, screen.width)));
    Object.assign(this.picture.style, { height: `${this.size.height}px`, width: `${this.size.width}px` });
    const percent = (share: number): string => `${(100 * share).toFixed(2)}%`;
    Object.assign(this.frame.style, { top: percent(frame.top), left: percent(frame.left), height: percent(frame.height), width: percent(frame.width) });
    this.paint(viewer);
  }

  private paint(viewer: Viewer): void {
    const [height, width] = [this.size.height, this.size.width].map((side) => Math.ceil(side * devicePixelRatio)) as [number, number];
    const painted = viewer.overview({ height, width }, this.mark);
    if (painted === undefined) return;
    this.mark = painted.mark;
    Object.assign(this.map, { height, width });
    this.map.getContext("2d")?.putImageData(new ImageData(painted.pixels, width, height), 0, 0);
  }

  private show(shown: boolean): void {
    this.shown = shown;
    this.picture.hidden = !shown;
    this.toggle.setAttribute("aria-label", shown ? "Hide the overview" : "Show the overview");
    this.toggle.title = this.toggle.ariaLabel ?? "";
    say(this.toggle, shown ? "×" : "◱");
    if (this.viewer !== undefined) this.update(this.viewer);
  }

  private under(event: PointerEvent, image: Size): Point {
    const box = this.map.getBoundingClientRect();
    return underOverview(image, box, { y: event.clientY - box.top, x: event.clientX - box.left });
  }

  /** Within the frame it is dragged; elsewhere it comes to the pointer. */
  private grab(event: PointerEvent): void {
    const { viewer } = this;
    if (viewer === undefined || event.button !== 0) return;
    this.map.setPointerCapture(event.pointerId);
    const { y, x } = this.under(event, viewer.image);
    const { camera } = viewer.current;
    const inside = 2 * Math.abs(y - camera.y) < viewer.screen.height / camera.zoom && 2 * Math.abs(x - camera.x) < viewer.screen.width / camera.zoom;
    this.grip = inside ? { y: camera.y - y, x: camera.x - x } : { y: 0, x: 0 };
    this.drag(event);
  }

  private drag(event: PointerEvent): void {
    const { viewer, grip } = this;
    if (viewer === undefined || grip === undefined) return;
    const { y, x } = this.under(event, viewer.image);
    viewer.set({ camera: { ...viewer.current.camera, y: y + grip.y, x: x + grip.x } });
  }
}
