/**
 * `window.ziggurat`: what scripts and tests need, and no more.
 *
 *     await ziggurat.open("speckles.zarr");              // an image of the server
 *     ziggurat.look({ x: 600, y: 500, zoom: 1 });        // zoom: CSS pixels a pixel of level 0
 *     ziggurat.set({ wantExact: true });                 // to the last bit; also at, looks
 *     await ziggurat.idle();                             // received, decoded and drawn
 *     await ziggurat.caughtUp();                         // what was received so far is decoded and drawn
 *     ziggurat.state.exact, ziggurat.state.maxError      // guaranteed
 *     ziggurat.values(0, 400, 600, 500, 700)             // channel, y0, y1, x0, x1: level 0, in C order
 */
import type { App } from "./ui/app.ts";
import type { Camera } from "./view/camera.ts";
import type { ViewState } from "./view/state.ts";
import { levelZeroValues } from "./view/values.ts";
import type { Status } from "./view/status.ts";
import type { Viewer } from "./view/viewer.ts";

export interface Automation {
  /** The name of the image that is open. */
  readonly opened: string | undefined;
  readonly state: Status & ViewState;
  /** What it takes in bytes. */
  readonly memory: Viewer["memory"];
  open(name: string): Promise<void>;
  look(camera: Partial<Camera>): void;
  fit(): void;
  set(change: Partial<Omit<ViewState, "camera">>): void;
  idle(): Promise<void>;
  caughtUp(): Promise<void>;
  /** @throws RangeError where the viewer does not hold the rectangle at level 0 */
  values(channel: number, y0: number, y1: number, x0: number, x1: number): { values: number[]; maxError: number };
}

declare global {
  interface Window {
    ziggurat: Automation;
  }
}

export function automate(app: App): Automation {
  const viewer = (): Viewer => {
    if (app.viewer === undefined) throw new Error("no image is open");
    return app.viewer;
  };
  return {
    get state() {
      const open = viewer();
      return { ...open.status, ...open.current };
    },
    get memory() {
      return viewer().memory;
    },
    get opened() {
      return app.viewer?.description.name;
    },
    open: async (name) => void (await app.open(name)),
    look: (camera) => viewer().set({ camera: { ...viewer().current.camera, ...camera } }),
    fit: () => viewer().fit(),
    set: (change) => viewer().set(change),
    idle: async () => {
      await viewer().idle();
      await app.layers?.idle();
    },
    caughtUp: () => viewer().caughtUp(),
    values: (channel, y0, y1, x0, x1) => levelZeroValues(viewer(), channel, [y0, y1], [x0, x1]),
  };
}
