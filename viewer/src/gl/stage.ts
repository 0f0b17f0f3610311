/** One image on one canvas: the tiles, the texture they lie in, and the painter. */
import type { Description } from "../client/description.ts";
import { chunksPerPlane, planeCount, type ChunkKey, type ChunkPlace } from "../client/geometry.ts";
import type { Picture } from "../client/refine.ts";
import { improves, sample, Tiles, type Tile } from "../view/tiles.ts";
import type { Offset, Repaint } from "../view/repaint.ts";
import { Backing } from "./backing.ts";
import { Painter, type Light, type Scenery } from "./painter.ts";
import { Sketch } from "./sketch.ts";
import { shared } from "./shared.ts";
import { Slots } from "./slots.ts";
import { ChunkTexture } from "./texture.ts";

/** What it has to know of an image. */
export type Staged = Pick<Description, "axes" | "shape" | "dtype" | "rgb" | "labels" | "arrays">;

export class Stage {
  readonly tiles = new Tiles();
  private readonly texture: ChunkTexture;
  private readonly painter: Painter;
  private readonly backing: Backing;
  private readonly sketch: Sketch;
  private readonly slots: Slots;

  /** @param budgetNbytes how much GPU memory chunks may take */
  constructor(private readonly gl: WebGL2RenderingContext, description: Staged, budgetNbytes: number) {
    const chunks = description.arrays.reduce((sum, array) => sum + chunksPerPlane(array), 0) * planeCount(description);
    const [height, width] = [-2, -1].map((axis) =>
      Math.max(...description.arrays.map((array) => Math.min(array.chunkShape.at(axis)!, array.shape.at(axis)!))),
    ) as [number, number];
    const components = description.rgb ? description.arrays[0]!.chunkShape[description.axes.indexOf("c")] ?? 1 : 1;
    this.texture = ChunkTexture.take(gl, description.dtype, components, height, width, chunks, budgetNbytes);
    this.painter = new Painter(gl, this.texture, description.labels);
    this.backing = shared(gl, "backing", () => new Backing(gl));
    this.backing.sharp = description.labels;
    this.sketch = new Sketch(gl);
    this.slots = new Slots(this.texture.slotCount);
  }

  get components(): number {
    return this.texture.components;
  }

  get nbytes(): number {
    return this.texture.nbytes + this.backing.nbytes;
  }

  /**
   * Puts a picture where it belongs.
   * @param pinned chunks that must not lose their place
   * @returns what became of it, and which chunk lost its place
   */
  put(picture: Picture, place: ChunkPlace, pinned: { has(key: ChunkKey): boolean }): { put: boolean; evicted: ChunkKey | undefined } {
    let tile = this.tiles.get(picture.key);
    let evicted: ChunkKey | undefined;
    if (tile === undefined) {
      if (this.slots.used === this.slots.count) this.grow();
      const taken = this.slots.take(picture.key, pinned);
      if (taken === undefined) return { put: false, evicted };
      evicted = taken.evicted;
      if (evicted !== undefined) this.tiles.remove(evicted);
      tile = this.tiles.add(place);
      tile.slot = taken.slot;
    }
    if (improves(tile, picture)) {
      this.texture.upload(tile.slot!, picture.level, picture.height, picture.width, picture.pixels);
      tile.mips.set(picture.level, picture.errors[picture.level]!);
      tile.errors = picture.errors;
      sample(tile, picture);
      this.tiles.changed(tile);
    }
    return { put: true, evicted };
  }

  /** Makes room for what may come next, where there is little: while nobody waits for a picture. */
  makeRoom(): void {
    if (2 * this.slots.used > this.slots.count) this.grow();
  }

  putFill(place: ChunkPlace, fill: number): void {
    if (this.tiles.get(place.key) === undefined) this.tiles.add(place).fill = fill;
  }

  touch(keys: Iterable<ChunkKey>): void {
    this.slots.touch(keys);
  }

  /** Moves what was painted, paints some of it anew, and shows it. */
  paint(lights: readonly Light[], scenery: Scenery, { right, down, rectangles }: Omit<Repaint, "all">, grain = 1): void {
    this.backing.bind(grain);
    if (right !== 0 || down !== 0) this.backing.shift(right, down);
    for (const rectangle of rectangles) this.painter.paint(lights, scenery, rectangle);
    this.backing.present();
  }

  /** Paints what is not shown: a page waits for what is. */
  rehearse(lights: readonly Light[], scenery: Scenery): void {
    this.backing.bind(1);
    this.painter.paint(lights, scenery, scenery.bounds);
  }

  /** Shows what was painted in another size and place, and paints coarsely what lies around it. */
  stretch(lights: readonly Light[], scenery: Scenery, grain: number, { right, down, by }: Offset): void {
    this.backing.bindOther();
    this.painter.paint(lights, scenery, [0, 0, scenery.width, scenery.height]);
    this.backing.presentStretched(grain, right, down, by);
  }

  /** Paints what is small, beside the canvas. @returns red, green, blue, alpha of each pixel, from the top left */
  paintSmall(lights: readonly Light[], scenery: Scenery): Uint8ClampedArray<ArrayBuffer> {
    return this.sketch.take(scenery, () => this.painter.paint(lights, scenery, [0, 0, scenery.width, scenery.height]));
  }

  /** What lies on the GPU for a rectangle of a tile's mip level, one component. */
  read(tile: Tile, component: number, mip: number, y: number, x: number, height: number, width: number): ArrayLike<number> {
    if (tile.fill !== undefined) return new Array<number>(height * width).fill(tile.fill);
    return this.texture.read(tile.slot!, component, mip, y, x, height, width);
  }

  free(): void {
    this.painter.free();
    this.sketch.free();
    this.texture.leave();
  }

  /** Also what the next image on this canvas would take over. */
  freeAll(): void {
    this.free();
    this.backing.free();
    ChunkTexture.freeLeft(this.gl);
  }

  private grow(): void {
    if (this.texture.grow(this.tiles.values())) this.slots.grow(this.texture.slotCount);
  }
}
