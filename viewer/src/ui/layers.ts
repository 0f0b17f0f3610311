/** The label images that lie over the picture, each on a canvas of its own: the browser mixes them in, which costs no drawing. */
import { sameCamera, type Point } from "../view/camera.ts";
import { cameraOn, placeOn, pointOn } from "../view/layer.ts";
import { readingsAt } from "../view/values.ts";
import type { Surface } from "../view/sheet.ts";
import { Viewer } from "../view/viewer.ts";
import type { Opened } from "./app.ts";
import type { Panel } from "./channels.ts";
import { element } from "./dom.ts";
import { labelRow, MOST_LAYERS } from "./labels.ts";
import { readingText } from "./status.ts";
import { mover } from "./surface.ts";

/** What a person calls a label image: the last part of its name. */
export const labelTitle = (name: string): string => decodeURIComponent(name.split("/").at(-1)!.replace(/%(?![0-9a-f]{2})/gi, "%25"));

class Layer {
  private readonly canvas = element("canvas", { class: "layer" });
  private readonly abort = new AbortController();
  private viewer: Viewer | undefined;
  private gl: WebGL2RenderingContext | undefined;
  /** Settles when it is open, or cannot be. */
  readonly opening: Promise<void>;
  trouble = "";

  constructor(
    readonly name: string,
    private readonly main: Viewer,
    private readonly surface: Surface,
    find: (name: string, signal: AbortSignal) => Promise<Opened>,
    private readonly onChange: () => void,
  ) {
    this.opening = find(name, this.abort.signal)
      .then((opened) => this.open(opened))
      .catch((error: unknown) => {
        if (this.abort.signal.aborted) return;
        this.trouble = `${labelTitle(name)}: ${error instanceof Error ? error.message : String(error)}`;
        this.onChange();
      });
  }

  /** Whether it shows the plane that was asked for. */
  get showsPlace(): boolean {
    return this.viewer === undefined || this.viewer.showsPlace;
  }

  follow(opacity: number): void {
    const { viewer, main } = this;
    if (viewer === undefined) return;
    const camera = cameraOn(main.description, viewer.description, main.current.camera);
    const at = placeOn(viewer.description, main.current.at);
    if (!sameCamera(camera, viewer.current.camera) || !samePlace(at, viewer.current.at)) viewer.setNow({ camera, at: samePlace(at, viewer.current.at) ? viewer.current.at : at });
    // Labels of another plane than is seen would be wrong.
    const fitting = samePlace(placeOn(viewer.description, main.status.shownAt), viewer.status.shownAt);
    Object.assign(this.canvas.style, { opacity: String(opacity), visibility: fitting ? "" : "hidden" });
    this.trouble = viewer.status.error ?? "";
  }

  readingAt(point: Point): string[] {
    const { viewer, main } = this;
    if (viewer === undefined) return [];
    const [reading] = readingsAt(viewer, pointOn(main.description, viewer.description, point));
    return reading === undefined ? [] : [readingText(viewer.description, reading, labelTitle(this.name))];
  }

  async idle(): Promise<void> {
    await this.opening;
    await this.viewer?.idle();
  }

  close(): void {
    this.abort.abort();
    this.viewer?.close();
    this.gl?.getExtension("WEBGL_lose_context")?.loseContext();
    this.canvas.remove();
  }

  private open({ description, makeParts }: Opened): void {
    this.abort.signal.throwIfAborted();
    const { canvas, surface } = this;
    const gl = canvas.getContext("webgl2", { antialias: false, depth: false });
    if (gl === null) throw new Error("This browser has no place for another drawing.");
    this.gl = gl;
    const own: Surface = {
      canvas,
      gl,
      get device() {
        return surface.device;
      },
      move: mover(canvas),
    };
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => this.viewer?.restore());
    surface.canvas.after(canvas);
    this.viewer = new Viewer(own, description, makeParts(), () => this.onChange(), true);
    this.onChange();
  }
}

const samePlace = (a: object, b: object): boolean => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

/** What lies over one image, and the panel that tells what shall. */
export class Layers implements Panel {
  private readonly layers = new Map<string, Layer>();
  private readonly rows: readonly Panel[];
  readonly root: HTMLElement;

  /** @param onChange what the layers show has changed */
  constructor(
    private readonly main: Viewer,
    private readonly surface: Surface,
    private readonly find: (name: string, signal: AbortSignal) => Promise<Opened>,
    private readonly onChange: () => void,
  ) {
    this.rows = main.description.labelImages.map((name) => labelRow(main, name, labelTitle(name)));
    this.root = element("section", { "aria-label": "Labels" }, element("h2", {}, "Labels"), ...this.rows.map((row) => row.root));
  }

  /** Brings layers and panel in line with what the image's state says of them. */
  update(): void {
    for (const row of this.rows) row.update();
    const wanted = new Map(Object.entries(this.main.current.labels).slice(-MOST_LAYERS));
    for (const [name, layer] of this.layers) if (!wanted.has(name)) this.remove(name, layer);
    for (const [name, opacity] of wanted) {
      const known = this.layers.get(name);
      if (known === undefined) this.layers.set(name, new Layer(name, this.main, this.surface, this.find, this.onChange));
      known?.follow(opacity);
    }
  }

  get showPlace(): boolean {
    return [...this.layers.values()].every((layer) => layer.showsPlace);
  }

  get troubles(): string[] {
    return [...this.layers.values()].map(({ trouble }) => trouble);
  }

  readingsAt(point: Point): string[] {
    return [...this.layers.values()].flatMap((layer) => layer.readingAt(point));
  }

  async idle(): Promise<void> {
    for (const layer of this.layers.values()) await layer.idle();
  }

  close(): void {
    for (const [name, layer] of this.layers) this.remove(name, layer);
  }

  private remove(name: string, layer: Layer): void {
    layer.close();
    this.layers.delete(name);
  }
}
