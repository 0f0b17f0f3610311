/** From looks and tiles to what the painter adds up: pure. */
import type { Description } from "../client/description.ts";
import type { Light } from "../gl/painter.ts";
import type { Camera } from "./camera.ts";
import { lightOf, type ChannelLook } from "./channels.ts";
import type { Layered } from "./compose.ts";
import type { Part } from "./repaint.ts";
import { partsOf, spritesOf, type Canvas } from "./sprites.ts";
import { toneOf } from "./tables.ts";
import type { Tiles } from "./tiles.ts";

export interface Lit {
  readonly lights: readonly Light[];
  /** All that the lights depend on but their tiles. */
  readonly style: string;
  /** The tiles that are to be seen. */
  readonly parts: ReadonlyMap<string, Part>;
}

/** @param layered what a channel shows, the one to be seen first */
export function lit(description: Description, looks: readonly ChannelLook[], layered: (channel: number) => readonly Layered[], tiles: Tiles, camera: Camera, canvas: Canvas): Lit {
  const parts = new Map<string, Part>();
  const lights = looks.flatMap((look, channel): Light[] => {
    if (!look.visible) return [];
    const seen = layered(channel);
    partsOf(description, seen, camera, canvas, channel, parts);
    return [{ sprites: spritesOf(description, seen, tiles, camera, canvas), window: look.window, colour: lightOf(look, description), tone: toneOf(look, description) }];
  });
  const style = lights.map(({ window, colour, tone }) => [...window, ...colour, tone?.name, tone?.exponent].join()).join(";");
  return { lights, style, parts };
}
