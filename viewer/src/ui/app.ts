/** The page: which image is open, and its panels. */
import type { Description } from "../client/description.ts";
import type { Server } from "../client/http.ts";
import type { SessionParts } from "../client/session.ts";
import { isAddress } from "../client/address.ts";
import type { Point, Size } from "../view/camera.ts";
import { imageInHash, readHash, writeHash } from "../view/state.ts";
import { readingsAt } from "../view/values.ts";
import { MARGIN, Viewer, type Surface } from "../view/viewer.ts";
import { axesPanel, type AxesPanel } from "./axes.ts";
import { channelPanel, type Panel } from "./channels.ts";
import { DamageOverlay } from "./damage.ts";
import { element } from "./dom.ts";
import { ImageList } from "./images.ts";
import { navigate } from "./navigation.ts";
import { ScaleBarOverlay } from "./scalebar.ts";
import { StatusBar } from "./status.ts";

/** The address follows what is seen, but not faster than browsers allow. */
const ADDRESS_DELAY_MS = 250;
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
  private panels: Panel[] = [];
  private axes: AxesPanel | undefined;
  private point: Point | undefined;
  private opening: AbortController | undefined;
  private addressTimer: ReturnType<typeof setTimeout> | undefined;
  private readingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    body: HTMLElement,
    private readonly server: Server,
    canvas: HTMLCanvasElement,
    gl: WebGL2RenderingContext,
    /** By a name of the server's, or the address of a store. */
    private readonly find: (name: string, signal: AbortSignal) => Promise<Opened>,
  ) {
    const view = element("div", { class: "view" }, canvas);
    this.images = new ImageList(server, (name) => this.show(name));
    body.append(this.images.root, view, this.damage.root, this.scale.root, this.settings, this.status.root);
    // Measured when it has a place: an image may be open before the browser tells of sizes.
    const surface = (this.surface = surfaceOf(view, canvas, gl, () => this.viewer?.requestFrame()));
    navigate(surface.canvas, view, () => this.viewer, (point) => this.pointAt(point), (name) => this.axes?.key(name) ?? false);
    addEventListener("hashchange", () => this.followAddress());
    surface.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    surface.canvas.addEventListener("webglcontextrestored", () => this.viewer?.restore());
  }

  /** Opens what the address names, `?store=ADDRESS` or in its hash; else the first of the server's images. Lists those. */
  async start(): Promise<void> {
    const hash = location.hash.slice(1);
    const named = imageInHash(hash) ?? new URLSearchParams(location.search).get("store") ?? undefined;
    if (named !== undefined) this.show(named, hash);
    try {
      const images = await this.server.images();
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
    this.status.failure = "";
    const viewer = (this.viewer = new Viewer(this.surface, description, makeParts(), () => this.changed()));
    viewer.set(readHash(hash, description, viewer.current));
    const axes = (this.axes = axesPanel(viewer));
    this.panels = [channelPanel(viewer), ...(axes === undefined ? [] : [axes])];
    this.settings.replaceChildren(...this.panels.map((panel) => panel.root));
    this.images.mark(name);
    this.surface.canvas.setAttribute("aria-label", `${description.title}: drag or arrow keys move, wheel or + and - zoom, 0 fits`);
    document.title = `${description.title} · ziggurat`;
    return viewer;
  }

  /** Opens an image for a person: who is told what goes wrong, unless another image was wanted meanwhile. */
  private show(name: string, hash = ""): void {
    this.open(name, hash).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.status.failure = isAddress(name) ? messageOf(error) : `${name}: ${messageOf(error)}`;
      this.status.complain();
    });
  }

  private changed(): void {
    if (this.viewer === undefined) return;
    for (const panel of this.panels) panel.update();
    this.status.update(this.viewer);
    this.damage.update(this.viewer);
    this.scale.update(this.viewer);
    this.pointAt(this.point);
    this.addressTimer ??= setTimeout(() => this.writeAddress(), ADDRESS_DELAY_MS);
  }

  private pointAt(point: Point | undefined): void {
    this.point = point;
    clearTimeout(this.readingTimer);
    this.readingTimer = setTimeout(() => this.readOff(), READING_DELAY_MS);
  }

  private readOff(): void {
    const { viewer, point } = this;
    if (viewer !== undefined) this.status.showPointer(viewer, point, point === undefined ? [] : readingsAt(viewer, point));
  }

  private writeAddress(): void {
    this.addressTimer = undefined;
    if (this.viewer === undefined) return;
    history.replaceState(null, "", `#${writeHash(this.viewer.description, this.viewer.current)}`);
  }

  private followAddress(): void {
    const hash = location.hash.slice(1);
    const name = imageInHash(hash);
    if (this.viewer === undefined || name === undefined) return;
    if (name !== this.viewer.description.name) this.show(name, hash);
    else this.viewer.set(readHash(hash, this.viewer.description, this.viewer.current));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A canvas that is seen through a smaller view. Where a browser does not tell device pixels they are reckoned, and may be off by one. */
function surfaceOf(view: HTMLElement, canvas: HTMLCanvasElement, gl: WebGL2RenderingContext, changed: () => void): Surface {
  const move = (right: number, down: number): void => void (canvas.style.transform = `translate(${right / devicePixelRatio}px, ${down / devicePixelRatio}px)`);
  const surface: Surface = { canvas, gl, device: { height: 0, width: 0 }, move };
  const resize = (device: Size): void => {
    surface.device = device;
    const css = (pixels: number): string => `${pixels / devicePixelRatio}px`;
    const [width, height] = [css(device.width + 2 * MARGIN), css(device.height + 2 * MARGIN)];
    Object.assign(canvas.style, { left: css(-MARGIN), top: css(-MARGIN), width, height });
  };
  const reckon = ({ height, width }: Size): void => resize({ height: Math.round(height * devicePixelRatio), width: Math.round(width * devicePixelRatio) });
  const exact = "devicePixelContentBoxSize" in ResizeObserverEntry.prototype;
  const observer = new ResizeObserver(([entry]) => {
    const box = exact ? entry!.devicePixelContentBoxSize[0] : undefined;
    if (box === undefined) reckon(entry!.contentRect);
    else resize({ height: box.blockSize, width: box.inlineSize });
    changed();
  });
  observer.observe(view, { box: exact ? "device-pixel-content-box" : "content-box" });
  reckon(view.getBoundingClientRect());
  return surface;
}
