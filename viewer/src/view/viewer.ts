/** Ties it together: a canvas, one open image, and what one sees of it. Frames are drawn only when something changed. */
import type { Description } from "../client/description.ts";
import { planeOf, type ChunkKey, type ChunkPlace } from "../client/geometry.ts";
import type { Picture } from "../client/refine.ts";
import { Session, type SessionListener, type SessionParts } from "../client/session.ts";
import { forgetShared } from "../gl/shared.ts";
import { Stage } from "../gl/stage.ts";
import { bounded, fit, levelFor, sameCamera, unseen, visibleRegion, type Size } from "./camera.ts";
import { halfStep, lookOf, type ChannelLook } from "./channels.ts";
import { overviewOf, withOverview } from "./overview.ts";
import { compose, covered, type Layered } from "./compose.ts";
import { damageOnScreen, type Damage } from "./damage.ts";
import { decodeLevel, targetChunks, viewOf, wantedChunks, type Scene } from "./requests.ts";
import { Sheet, type Surface } from "./sheet.ts";
import { firstPlace, type ViewState } from "./state.ts";
import { coarseView, motionBetween, scenesAhead, type Motion } from "./steps.ts";
import { progressOf, type Progress, type Status } from "./status.ts";
import type { Tile } from "./tiles.ts";
import { Waiting } from "./waiting.ts";

export const GPU_BUDGET_NBYTES = 256e6;
/** Of what lies over another image. */
const GPU_BUDGET_OVER_NBYTES = 64e6;
const NOTHING: Progress = { maxError: Infinity, exact: false, chunks: 0, exactChunks: 0 };

export class Viewer {
  private state: ViewState;
  /** The indices that are on the screen: those of `state.at` once there is a whole picture of them. */
  private shownAt: ViewState["at"];
  private stage: Stage;
  private readonly session: Session;
  private scene: Scene | undefined;
  private wanted: ReadonlyMap<ChunkKey, { place: ChunkPlace; level: number }> = new Map();
  private lastView = "";
  /** What had come when the present view was asked for. */
  private bytesBefore = 0;
  private motion: Motion | undefined;
  /** What is fetched once the present view is complete: undefined before. */
  private ahead: Scene[] | undefined;
  private wantedAhead: ReadonlyMap<ChunkKey, { place: ChunkPlace; level: number }> = new Map();
  /** Pictures that found no place on the GPU. */
  private readonly homeless = new Set<ChunkKey>();
  private readonly damaged = new Map<ChunkKey, string>();
  /** Nobody has moved it yet: it goes on fitting when the screen gets another size. */
  private fitted: boolean;
  private framePending = false;
  private closed = false;
  private connected = true;
  private error: string | undefined;
  private firstPictureBytes: number | undefined;
  private progress: Progress = NOTHING;
  /** What the server guarantees for the present view, as far as it is drawn. */
  private reachedError = Infinity;
  private readonly waiting = new Waiting();
  private readonly sheet: Sheet;

  /** @param onChange called after each frame: state or status may be another */
  constructor(
    private readonly surface: Surface,
    readonly description: Description,
    parts: SessionParts,
    private readonly onChange: () => void,
    /** Whether it lies over another image: then it moves as that one does. */
    private readonly over = false,
  ) {
    this.fitted = !over;
    this.state = this.initialState();
    this.shownAt = this.state.at;
    this.stage = this.makeStage();
    this.sheet = new Sheet(surface, description, over, () => this.requestFrame());
    this.session = new Session(description, parts, this.listener());
    this.requestFrame();
  }

  get current(): ViewState {
    return this.state;
  }

  get image(): Size {
    const [height, width] = this.description.shape.slice(-2) as [number, number];
    return { height, width };
  }

  /** In CSS pixels. */
  get screen(): Size {
    const { height, width } = this.surface.device;
    return { height: Math.max(1, height) / devicePixelRatio, width: Math.max(1, width) / devicePixelRatio };
  }

  get status(): Status {
    const { progress, connected, error, firstPictureBytes, damaged, shownAt } = this;
    const { bytesReceived } = this.session;
    return { ...progress, bytesReceived, level: this.scene?.level ?? 0, settled: this.settled, firstPictureBytes, connected, shownAt, damaged, error };
  }

  initialState(): ViewState {
    return { camera: fit(this.image, this.screen), at: firstPlace(this.description), looks: this.description.channels.map(lookOf), wantExact: false, labels: {} };
  }

  /** Whether what is on the screen is the place on z, t and the like that was asked for. */
  get showsPlace(): boolean {
    return this.shownAt === this.state.at;
  }

  get lastMotion(): Motion | undefined {
    return this.motion;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  set(change: Partial<ViewState>): void {
    if (change.at !== undefined) this.motion = motionBetween(this.state.at, change.at) ?? this.motion;
    this.state = { ...this.state, ...change };
    if (change.camera !== undefined && !this.over) {
      this.fitted = sameCamera(change.camera, fit(this.image, this.screen));
      this.state = { ...this.state, camera: bounded(change.camera, this.image, this.screen) };
    }
    this.requestFrame();
  }

  /** As `set`, at once: for what has to move in the same frame as something else. */
  setNow(change: Partial<ViewState>): void {
    this.set(change);
    if (!this.closed) this.frame();
  }

  setLook(channel: number, change: Partial<ChannelLook>): void {
    this.set({ looks: this.state.looks.map((look, index) => (index === channel ? { ...look, ...change } : look)) });
  }

  fit(): void {
    this.set({ camera: fit(this.image, this.screen) });
  }

  requestFrame(): void {
    if (this.framePending || this.closed) return;
    this.framePending = true;
    requestAnimationFrame(() => {
      this.framePending = false;
      if (!this.closed) this.frame();
    });
  }

  /** Resolves when all that the present view asks for was received, decoded and drawn, and what is fetched ahead, too. */
  idle(): Promise<void> {
    this.requestFrame();
    return this.waiting.until(() => this.sheet.finished && this.settled && (this.scene === undefined || (this.session.settled && !this.ahead?.length)));
  }

  /** Resolves when all that was received so far is decoded and drawn. */
  caughtUp(): Promise<void> {
    this.requestFrame();
    return this.waiting.until(() => this.sheet.inPlace && this.session.caughtUp);
  }

  /** The tiles of a channel that are on the screen, the one to be seen first. */
  layered(channel: number): Layered[] {
    if (this.scene === undefined) return [];
    const planes = new Set(this.description.arrays.map((_, array) => planeOf(this.description, array, channel, this.shownAt)));
    const tiles = [...this.stage.tiles.values()].filter(({ place }) => planes.has(place.plane));
    const invisible = this.description.labels ? 0 : halfStep(this.state.looks[channel]!);
    return compose(this.description, tiles, this.scene.level, invisible);
  }

  /**
   * The whole image as it is shown, small, and a mark of all that it is made from.
   * @returns undefined where the mark is `known`, or something is still to come
   */
  overview(size: Size, known: string): { readonly mark: string; readonly pixels: Uint8ClampedArray<ArrayBuffer> } | undefined {
    const found = overviewOf(this.description, this.state.looks, this.shownAt, this.stage.tiles, size);
    if (found === undefined || found.mark === known || this.surface.gl.isContextLost()) return undefined;
    return { mark: found.mark, pixels: this.stage.paintSmall(found.lights, this.sheet.scenery(found, found.canvas)) };
  }

  /** The picture of a chunk, if there is one. */
  tile(key: ChunkKey): Tile | undefined {
    return this.stage.tiles.get(key);
  }

  /** What lies on the GPU for a rectangle of a tile's mip level, one component of it: height × width. */
  read(tile: Tile, component: number, mip: number, y: number, x: number, height: number, width: number): ArrayLike<number> {
    return this.stage.read(tile, component, mip, y, x, height, width);
  }

  /** Damaged chunks of the level that is shown; what is known of coarser levels is seen below them. */
  damageOnScreen(): Damage[] {
    if (this.scene === undefined) return [];
    const target = this.description.levels[this.scene.level]!.array;
    const places = [...this.wanted.values()].map(({ place }) => place).filter(({ address }) => address[0] === target);
    return damageOnScreen(this.description, places, this.damaged, this.state.camera, this.screen);
  }

  /** What it takes in bytes: packets, and on the graphics card. */
  get memory(): { readonly heldNbytes: number; readonly gpuNbytes: number } {
    return { heldNbytes: this.session.heldNbytes, gpuNbytes: this.stage.nbytes };
  }

  get components(): number {
    return this.stage.components;
  }

  /** After the GPU forgot everything: draw it all again from what the workers hold. */
  restore(): void {
    const keys = this.stage.tiles.keys();
    this.sheet.forget();
    forgetShared(this.surface.gl);
    this.stage = this.makeStage();
    this.session.lost(keys);
    this.requestFrame();
  }

  close(): void {
    this.closed = true;
    this.session.close();
    if (this.over) this.stage.freeAll();
    else this.stage.free();
    this.waiting.end();
  }

  private makeStage(): Stage {
    return new Stage(this.surface.gl, this.description, this.over ? GPU_BUDGET_OVER_NBYTES : GPU_BUDGET_NBYTES);
  }

  private get settled(): boolean {
    return this.scene === undefined ? this.visibleScene() === undefined : this.ahead !== undefined || this.session.settled;
  }

  private listener(): SessionListener {
    return {
      picture: (picture) => this.receive(picture),
      damaged: (key, message) => {
        this.damaged.set(key, message);
        this.requestFrame();
      },
      progress: () => this.requestFrame(),
      connected: (connected) => {
        this.connected = connected;
        this.requestFrame();
      },
      failed: (error) => {
        this.error = error.message;
        this.requestFrame();
      },
    };
  }

  private receive(picture: Picture): void {
    const place = (this.wanted.get(picture.key) ?? this.wantedAhead.get(picture.key))?.place;
    const { put, evicted } = place === undefined ? { put: false, evicted: undefined } : this.stage.put(picture, place, this.wanted);
    if (!put) this.homeless.add(picture.key);
    if (evicted !== undefined) this.session.lost([evicted]);
    this.damaged.delete(picture.key);
    this.requestFrame();
  }

  private visibleScene(): Scene | undefined {
    const { camera, at, looks, wantExact } = this.state;
    const region = visibleRegion(camera, this.image, this.screen);
    if (region === undefined || !looks.some(({ visible }) => visible)) return undefined;
    const level = levelFor(camera, devicePixelRatio, this.description.levels.length);
    return { level, region, at, looks, exact: wantExact, unseen: unseen(camera, level) };
  }

  private frame(): void {
    if (this.surface.gl.isContextLost()) return;
    const canvas = this.sheet.canvas();
    if (this.fitted) this.state = { ...this.state, camera: fit(this.image, this.screen) };
    this.scene = this.visibleScene();
    if (this.scene !== undefined) {
      this.ask(this.scene);
      this.advance(this.scene);
      this.lookAhead(this.scene);
    }
    const { camera, looks } = this.state;
    const settled = this.scene === undefined || this.session.settled;
    const awaited = !settled && this.session.bytesReceived === this.bytesBefore;
    this.sheet.paint(this.stage, { camera, looks, layered: (channel) => this.layered(channel), settled, awaited }, canvas);
    if (settled && this.sheet.finished) this.stage.makeRoom();
    this.onChange();
    if (!this.framePending) this.waiting.look();
  }

  /** Tells the server what is in view, if that is not what it was told last. */
  private ask(scene: Scene): void {
    const view = viewOf(this.description, scene);
    const text = JSON.stringify(view);
    if (text !== this.lastView) {
      this.lastView = text;
      this.reachedError = Infinity;
      this.bytesBefore = this.session.bytesReceived;
      this.ahead = undefined;
      this.wanted = withOverview(this.description, scene, wantedChunks(this.description, scene));
      this.stage.touch([...this.wanted.keys()].reverse());
      this.session.show(view, levelsOf(this.wanted));
      this.session.lost([...this.homeless].filter((key) => this.wanted.has(key)));
      this.homeless.clear();
    }
    for (const [key, { place }] of [...this.wanted, ...this.wantedAhead]) {
      if (this.stage.tiles.get(key) !== undefined) continue;
      const fill = this.session.fillOf(key);
      if (fill !== undefined) this.stage.putFill(place, fill);
    }
  }

  /** Once nothing is missing: a coarse picture of where the last motion leads, place by place. */
  private lookAhead(scene: Scene): void {
    if (!this.session.settled) return;
    if (this.ahead === undefined) {
      this.ahead = this.motion === undefined ? [] : scenesAhead(this.description, scene, this.motion);
      this.wantedAhead = new Map();
    }
    const next = this.ahead.shift();
    if (next === undefined) return;
    this.wantedAhead = new Map([...this.wantedAhead, ...wantedChunks(this.description, next)]);
    this.session.show(coarseView(this.description, next), levelsOf(new Map([...this.wantedAhead, ...this.wanted])));
    this.requestFrame();
  }

  /** Finds how far the picture has come, and turns to other planes once they are there. */
  private advance(scene: Scene): void {
    const channels = scene.looks.flatMap(({ visible }, index) => (visible ? [index] : []));
    const places = channels.flatMap((channel) => targetChunks(this.description, scene, channel));
    const { tiles } = this.stage;
    const decode = decodeLevel(this.description, this.description.levels[scene.level]!.array, scene.level);
    const progress = progressOf(places, (key) => tiles.get(key), decode);
    if (this.session.caughtUp && this.ahead === undefined) this.reachedError = this.session.reachedError;
    this.progress = { ...progress, maxError: Math.min(progress.maxError, this.reachedError) };
    if (!covered(this.description, places, tiles, scene.at)) return;
    this.shownAt = scene.at;
    this.firstPictureBytes ??= this.session.bytesReceived;
  }
}

const levelsOf = (wanted: ReadonlyMap<ChunkKey, { level: number }>): Map<ChunkKey, number> => new Map([...wanted].map(([key, { level }]) => [key, level]));
