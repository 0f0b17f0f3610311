/** What lies on the canvas: in each frame, what of it is painted anew, and what is just moved or stretched. */
import type { Description } from "../client/description.ts";
import type { Light, Scenery } from "../gl/painter.ts";
import type { Stage } from "../gl/stage.ts";
import { sameCamera, type Camera, type Size } from "./camera.ts";
import type { ChannelLook } from "./channels.ts";
import type { Layered } from "./compose.ts";
import { lit } from "./lights.ts";
import { cameraAfter, coversScreen, everything, grainOf, offsetOf, recentred, repaint, stretches, type Offset, type Painted } from "./repaint.ts";
import { onCanvas, type Canvas } from "./sprites.ts";

/** What is drawn on. The canvas reaches `MARGIN` device pixels beyond what is seen of it, on all sides. */
export interface Surface {
  readonly canvas: HTMLCanvasElement;
  readonly gl: WebGL2RenderingContext;
  /** Device pixels that are seen: only the browser knows how it rounds them. */
  device: Size;
  /** Shows the canvas so many device pixels beside its place, and so many times as large. */
  move(right: number, down: number, by?: number): void;
}

/** Then a drag is drawn at every 15th frame or so, and moved in the others; a margin makes a whole picture 1.3 times as dear. */
export const MARGIN = 96;
export const BACKGROUND = [0.075, 0.08, 0.09, 1] as const;
const NOTHING_BEHIND = [0, 0, 0, 0] as const;
/** After so long without a move the picture is drawn exactly where it belongs, and after so long without news as finely as can be. */
const REST_MS = 120;
/** So long nothing is drawn for an image of which nothing has come, and what is there stays coarse where the first packets are on their way. */
const PATIENCE_MS = 1000;
/** This part of a device pixel is the same place. */
const SAME_PLACE = 0.01;
/** What comes into view at the sides while the image gets smaller. */
const GRAIN_AROUND = 4;

/** Makes the canvas as large as it has to be. */
export function sized({ canvas, device }: Surface): Canvas {
  const [height, width] = [device.height + 2 * MARGIN, device.width + 2 * MARGIN];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { height, width });
  return { height, width, ratio: devicePixelRatio };
}

/** What is to be seen. */
export interface Sight {
  readonly camera: Camera;
  readonly looks: readonly ChannelLook[];
  /** What a channel shows, the one to be seen first. */
  readonly layered: (channel: number) => readonly Layered[];
  /** Whether nothing more is to come. */
  readonly settled: boolean;
  /** Whether the first of what was asked for is still to come. */
  readonly awaited: boolean;
}

export class Sheet {
  private painted: Painted | undefined;
  /** When a frame last found the camera elsewhere. Not when it was told so: a slow frame is no rest. */
  private movedAt = -Infinity;
  private camera: Camera | undefined;
  private paintedAt = -Infinity;
  private readonly madeAt = performance.now();
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The picture on the screen lies a part of a pixel beside its place, or is stretched. */
  private beside = false;

  constructor(
    private readonly surface: Surface,
    private readonly description: Description,
    /** Whether it lies over another image. */
    private readonly over: boolean,
    private readonly again: () => void,
  ) {}

  /** The canvas, as large as it has to be. */
  canvas(): Canvas {
    return sized(this.surface);
  }

  /** Whether all lies exactly where it belongs. */
  get inPlace(): boolean {
    return !this.beside;
  }

  /** Whether that is drawn as finely as can be, too. */
  get finished(): boolean {
    return !this.beside && this.painted?.grain === 1;
  }

  /** Says that nothing of it is left. */
  forget(): void {
    this.painted = undefined;
  }

  /** Paints what changed. Where nothing did, what is there is only moved, which costs next to nothing. */
  paint(stage: Stage, sight: Sight, canvas: Canvas): void {
    const { painted: last } = this;
    if (this.camera !== undefined && !sameCamera(this.camera, sight.camera)) this.movedAt = performance.now();
    this.camera = sight.camera;
    const offset = last === undefined ? undefined : offsetOf(last, sight.camera, canvas);
    if (last === undefined || offset === undefined) return this.paintAll(stage, sight, canvas);
    if (offset.by !== 1) return this.zoom(stage, sight, canvas, offset);
    // While it moves, the picture may be half a pixel beside its place.
    const off = Math.max(...[offset.right, offset.down].map((by) => Math.abs(by - Math.round(by))));
    this.beside = off >= SAME_PLACE;
    if (this.beside && !this.moving) return this.paintAll(stage, sight, canvas);
    const shift = recentred(offset, MARGIN);
    const { lights, scenery, painted } = this.drawn(stage, { ...sight, camera: cameraAfter(last, shift) }, canvas);
    const todo = repaint(last, painted, shift.right, shift.down);
    const news = todo.rectangles.length > 0;
    if (todo.all || (last.grain > 1 && (news || this.quiet(sight)))) return this.paintAll(stage, sight, canvas, !news);
    if (this.beside || last.grain > 1) this.lookAgain();
    if (last.grain === 1) {
      this.painted = painted;
      if (news || shift.right !== 0 || shift.down !== 0) stage.paint(lights, scenery, todo);
    }
    this.surface.move(Math.round(offset.right - shift.right), Math.round(offset.down - shift.down));
  }

  scenery({ camera }: Pick<Sight, "camera">, canvas: Canvas): Scenery {
    const [height, width] = this.description.shape.slice(-2) as [number, number];
    const bounds = onCanvas(camera, canvas, [0, 0, width, height]);
    return { ...canvas, bounds, background: this.over ? NOTHING_BEHIND : BACKGROUND };
  }

  /** While it goes on, what is there is stretched; what it does not cover is painted coarsely. Then all is painted anew. */
  private zoom(stage: Stage, sight: Sight, canvas: Canvas, offset: Offset): void {
    if (!this.moving || !stretches(offset, canvas)) return this.paintAll(stage, sight, canvas);
    this.beside = true;
    this.lookAgain();
    if (coversScreen(offset, canvas, MARGIN)) return this.surface.move(offset.right, offset.down, offset.by);
    const coarse = coarser(canvas, GRAIN_AROUND);
    const { lights, scenery } = this.drawn(stage, sight, coarse);
    stage.stretch(lights, scenery, GRAIN_AROUND, offset);
    this.surface.move(0, 0);
  }

  /** @param fine whether nothing but the grain is another */
  private paintAll(stage: Stage, sight: Sight, canvas: Canvas, fine = false): void {
    const { lights, scenery, painted } = this.drawn(stage, sight, canvas);
    // Drawing takes long where it is done in software, and the first picture would wait for an empty one.
    if (this.painted === undefined && painted.parts.size === 0 && sight.awaited && performance.now() - this.madeAt < PATIENCE_MS) return this.lookAgain();
    const sharp = lights.some(({ sprites }) => sprites.some(({ kind }) => kind === "sharp"));
    const grain = fine || sharp || (sight.settled && !this.moving) ? 1 : grainOf(painted.parts.values(), this.moving);
    this.painted = { ...painted, grain };
    this.surface.canvas.style.visibility = "";
    this.paintedAt = performance.now();
    this.beside = false;
    if (grain === 1) stage.paint(lights, scenery, everything(canvas));
    else {
      const coarse = coarser(canvas, grain);
      const drawn = this.drawn(stage, sight, coarse);
      stage.paint(drawn.lights, drawn.scenery, everything(coarse), grain);
      this.lookAgain();
    }
    this.surface.move(0, 0);
  }

  /** All that is to be seen, and what tells it from what was seen before. */
  private drawn(stage: Stage, { camera, looks, layered }: Sight, canvas: Canvas): { lights: readonly Light[]; scenery: Scenery; painted: Painted } {
    const { lights, style, parts } = lit(this.description, looks, layered, stage.tiles, camera, canvas);
    return { lights, scenery: this.scenery({ camera }, canvas), painted: { camera, canvas, style, parts, grain: 1 } };
  }

  private get moving(): boolean {
    return performance.now() - this.movedAt < REST_MS;
  }

  private quiet({ settled, awaited }: Sight): boolean {
    return !this.moving && (settled || performance.now() - this.paintedAt >= (awaited ? PATIENCE_MS : REST_MS));
  }

  /** Once it has rested. */
  private lookAgain(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.again, REST_MS);
  }
}

const coarser = ({ height, width, ratio }: Canvas, grain: number): Canvas => ({ height: Math.ceil(height / grain), width: Math.ceil(width / grain), ratio: ratio / grain });
