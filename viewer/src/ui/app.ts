/** The page: which image is open, and its panels. */
import type { Description } from "../client/description.ts";
import type { Server } from "../client/http.ts";
import type { SessionParts } from "../client/session.ts";
import { isAddress } from "../client/address.ts";
import { AddressBar } from "../view/addressbar.ts";
import type { Point } from "../view/camera.ts";
import { imageInHash, readHash } from "../view/state.ts";
import { readingsAt } from "../view/values.ts";
import { warm } from "../gl/warm.ts";
import { BACKGROUND, sized, type Surface } from "../view/sheet.ts";
import { GPU_BUDGET_NBYTES, Viewer } from "../view/viewer.ts";
import { axesPanel, type AxesPanel } from "./axes.ts";
import { channelPanel, type Panel } from "./channels.ts";
import { DamageOverlay } from "./damage.ts";
import { element } from "./dom.ts";
import { ImageList } from "./images.ts";
import { Layers } from "./layers.ts";
import { Minimap } from "./minimap.ts";
import { navigate } from "./navigation.ts";
import { ScaleBarOverlay } from "./scalebar.ts";
import { readingText, StatusBar } from "./status.ts";
import { surfaceOf } from "./surface.ts";

/** Reading a value back makes the graphics card finish what it draws: not while the image moves. */
const READING_DELAY_MS = 60;

/** An image that can be looked at. */
export interface Opened {
  readonly description: Description;
  readonly makeParts: () => SessionParts;
}

export class App {
  viewer: Viewer | undefined;
  private readonly surface: Surface;
  private readonly images: ImageList;
  private readonly settings = element("aside", { "aria-label": "Settings" });
  private readonly status = new StatusBar((wantExact) => this.viewer?.set({ wantExact }));
  private readonly damage = new DamageOverlay();
  private readonly scale = new ScaleBarOverlay();
  private readonly minimap = new Minimap();
  private readonly address = new AddressBar((hash) => history.replaceState(null, "", `#${hash}`));
  /** Of an image that has label images. */
  layers: Layers | undefined;
  private panels: Panel[] = [];
  private axes: AxesPanel | undefined;
  private point: Point | undefined;
  private opening: AbortController | undefined;
  private readingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    body: HTMLElement,
    private readonly server: Server,
    canvas: HTMLCanvasElement,
    gl: WebGL2RenderingContext,
    /** By a name of the server's, or the address of a store. */
    private readonly find: (name: string, signal: AbortSignal) => Promise<Opened>,
    /** Told when an image of the server's will perhaps be opened. */
    private readonly prepare: () => void,
  ) {
    const view = element("div", { class: "view" }, canvas);
    this.images = new ImageList(server, (name) => this.show(name), prepare);
    body.append(this.images.root, view, this.damage.root, this.scale.root, this.minimap.root, this.settings, this.status.root);
    // Measured when it has a place: an image may be open before the browser tells of sizes.
    const surface = (this.surface = surfaceOf(view, canvas, gl, () => this.viewer?.requestFrame()));
    navigate(surface.canvas, view, () => this.viewer, (point) => this.pointAt(point), (name) => this.axes?.key(name) ?? false);
    // What the address was, not what it is: it may have been written over since.
    addEventListener("hashchange", ({ newURL }) => this.followAddress(new URL(newURL).hash.slice(1)));
    surface.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    surface.canvas.addEventListener("webglcontextrestored", () => this.viewer?.restore());
  }

  /** Opens what the address names, `?store=ADDRESS` or in its hash; else the first of the server's images. Lists those. */
  async start(): Promise<void> {
    const hash = location.hash.slice(1);
    const named = imageInHash(hash) ?? new URLSearchParams(location.search).get("store") ?? undefined;
    if (named === undefined) this.prepare();
    else this.show(named, hash);
    const listing = this.server.images();
    const { height, width } = sized(this.surface);
    this.surface.canvas.style.visibility = "hidden"; // a page waits for what is drawn on a canvas that is seen
    warm(this.surface.gl, GPU_BUDGET_NBYTES, { height, width, bounds: [0, 0, width, height], background: BACKGROUND });
    try {
      const images = await listing;
      this.images.fill(images);
      if (this.viewer !== undefined) this.images.mark(this.viewer.description.name);
      if (named === undefined && images[0] !== undefined) this.show(images[0].name, hash);
    } catch (error) {
      // A viewer that lies in a store itself has no server to list anything.
      this.images.fail(named !== undefined && isAddress(named) ? "" : messageOf(error));
    }
  }

  /** @param hash what to see of it, as `writeHash` writes it */
  async open(name: string, hash = ""): Promise<Viewer> {
    this.opening?.abort();
    const { signal } = (this.opening = new AbortController());
    const { description, makeParts } = await this.find(name, signal);
    signal.throwIfAborted();
    this.viewer?.close();
    this.layers?.close();
    this.address.leave();
    this.status.failure = "";
    const viewer = (this.viewer = new Viewer(this.surface, description, makeParts(), () => this.changed()));
    viewer.set(readHash(hash, description, viewer.current));
    const layers = (this.layers = description.labelImages.length === 0 ? undefined : new Layers(viewer, this.surface, this.find, () => this.changed()));
    this.axes = axesPanel(viewer, () => viewer.showsPlace && layers?.showPlace !== false);
    this.panels = [this.axes, channelPanel(viewer), layers].filter((panel) => panel !== undefined);
    this.settings.replaceChildren(...this.panels.map((panel) => panel.root));
    this.images.mark(name);
    this.surface.canvas.setAttribute("aria-label", `${description.title}: drag or arrow keys move, wheel or + and - zoom, 0 fits`);
    document.title = `${description.title} · ziggurat`;
    return viewer;
  }

  /** Opens an image for a person: who is told what goes wrong, unless another image was wanted meanwhile. */
  private show(name: string, hash?: string): void {
    this.address.leave(this.viewer, hash);
    this.open(name, hash).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.status.failure = isAddress(name) ? messageOf(error) : `${name}: ${messageOf(error)}`;
      this.status.complain();
    });
  }

  private changed(): void {
    if (this.viewer === undefined) return;
    for (const panel of this.panels) panel.update();
    this.status.update(this.viewer, this.layers?.troubles ?? []);
    this.minimap.update(this.viewer);
    this.damage.update(this.viewer);
    this.scale.update(this.viewer);
    this.pointAt(this.point);
    this.address.follow(this.viewer);
  }

  private pointAt(point: Point | undefined): void {
    this.point = point;
    clearTimeout(this.readingTimer);
    this.readingTimer = setTimeout(() => this.readOff(), READING_DELAY_MS);
  }

  private readOff(): void {
    const { viewer, point } = this;
    if (viewer === undefined || point === undefined) return this.status.showPointer(point, []);
    const own = readingsAt(viewer, point).map((reading) => readingText(viewer.description, reading));
    this.status.showPointer(point, own.length === 0 ? [] : [...own, ...(this.layers?.readingsAt(point) ?? [])]);
  }

  private followAddress(hash: string): void {
    const name = imageInHash(hash);
    if (name === undefined) return;
    if (name !== this.viewer?.description.name) return this.show(name, hash);
    this.opening?.abort(); // of another image, if one was on its way
    this.address.leave(); // what was typed may be more or less than the address of what is seen
    this.viewer.set(readHash(hash, this.viewer.description, this.viewer.current));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
