/** Draws something that nobody sees, while the first image is still to come: programs are compiled when they first draw, and textures cleared. */
import type { Light, Scenery, Sprite } from "./painter.ts";
import { Stage, type Staged } from "./stage.ts";

/** What most images are. Others find their programs, if not the texture. */
const LIKELY: Staged = {
  axes: ["y", "x"],
  shape: [8192, 8192],
  dtype: "uint16",
  rgb: false,
  labels: false,
  arrays: [{ path: "", level: 0, shape: [8192, 8192], shardShape: [8192, 8192], chunkShape: [512, 512], resolutions: 1, nbytes: 0 }],
};

const sprite = (kind: "smooth" | "edge"): Sprite => ({
  place: [0, 0, 8, 8],
  texels: [0, 0, 8, 8],
  slot: 0,
  mip: 0,
  width: 8,
  height: 8,
  kind,
  constant: 0,
  rank: 0,
  near: new Array<number>(8).fill(-1),
  leftWidth: 8,
  upperHeight: 8,
});

export function warm(gl: WebGL2RenderingContext, budgetNbytes: number, scenery: Scenery): void {
  const stage = new Stage(gl, LIKELY, budgetNbytes);
  const light: Light = { sprites: [sprite("smooth"), sprite("edge")], window: [0, 1], colour: [0, 0, 0], tone: undefined };
  stage.rehearse([light], scenery);
  stage.free();
}
