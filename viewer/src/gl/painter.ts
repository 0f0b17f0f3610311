/** Draws chunks that lie in a texture: channel by channel, adding their light. */
import type { ChunkTexture } from "./texture.ts";
import { LookupTable } from "./table.ts";
import { link } from "./program.ts";
import { fragment, KINDS, labelFragment, VERTEX, type Kind } from "./shader.ts";

type Gl = WebGL2RenderingContext;

/** A piece of a chunk to draw. */
export interface Sprite {
  /** left, top, right, bottom in device pixels of the canvas */
  readonly place: readonly [number, number, number, number];
  /** the same corners in texels of the mip level */
  readonly texels: readonly [number, number, number, number];
  readonly slot: number;
  readonly mip: number;
  readonly width: number;
  readonly height: number;
  readonly kind: Kind;
  /** The value of a flat piece. */
  readonly constant: number;
  /** Of the pieces of one channel that overlap, the one with the lowest rank is seen; those of one rank do not overlap. */
  readonly rank: number;
  /** Slots of NW, N, NE, W, E, SW, S, SE; -1 where the edge is repeated instead. */
  readonly near: readonly number[];
  readonly leftWidth: number;
  readonly upperHeight: number;
}

export type Rectangle = readonly [left: number, top: number, right: number, bottom: number];

/** What lies behind the light. */
export interface Scenery {
  /** What is drawn on, in device pixels. */
  readonly width: number;
  readonly height: number;
  /** The image's rectangle on it. */
  readonly bounds: Rectangle;
  /** Beside the image: red, green, blue, and alpha, which the image's dark has, too. */
  readonly background: Background;
}

export type Background = readonly [red: number, green: number, blue: number, alpha: number];

export interface Light {
  readonly sprites: readonly Sprite[];
  readonly window: readonly [number, number];
  /** red, green, blue, each 0 to 1 */
  readonly colour: readonly [number, number, number];
  /** Undefined for plain light. */
  readonly tone: Tone | undefined;
}

/** Light that is bent by an exponent and looked up in a table. */
export interface Tone {
  readonly exponent: number;
  /** Tables of one name are the same. */
  readonly name: string;
  /** red, green, blue, alpha a place */
  readonly bytes: () => Uint8Array;
}

/** What the shader's floats can divide by. */
const LEAST_WINDOW = 1e-30;
const ATTRIBUTE_SIZES = [4, 4, 4, 2, 4, 4, 2];
const FLOATS = 24;

interface Program {
  readonly program: WebGLProgram;
  readonly uniforms: { readonly [name: string]: WebGLUniformLocation | null };
}

export class Painter {
  private readonly programs = new Map<string, Program>();
  private readonly table: LookupTable;
  private readonly buffer: WebGLBuffer;
  private readonly vertices: WebGLVertexArrayObject;

  constructor(
    private readonly gl: Gl,
    private readonly texture: ChunkTexture,
    /** Whether pixels are labels. */
    private readonly labels: boolean,
  ) {
    this.table = new LookupTable(gl);
    this.buffer = gl.createBuffer();
    this.vertices = gl.createVertexArray();
    gl.bindVertexArray(this.vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    let offset = 0;
    ATTRIBUTE_SIZES.forEach((size, location) => {
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, size, gl.FLOAT, false, FLOATS * 4, offset * 4);
      gl.vertexAttribDivisor(location, 1);
      offset += size;
    });
  }

  /** Paints a rectangle of the canvas: left, top, right, bottom in whole device pixels. */
  paint(lights: readonly Light[], scenery: Scenery, rectangle: Rectangle): void {
    const { gl } = this;
    const { bounds, background, width, height } = scenery;
    gl.viewport(0, 0, width, height);
    gl.enable(gl.SCISSOR_TEST);
    clear(gl, rectangle, height, background);
    const image = bounds.map((edge) => Math.ceil(edge - 0.5)); // the pixels whose middle lies inside, as triangles have it
    const low = (at: 0 | 1): number => Math.max(rectangle[at], image[at]!);
    const high = (at: 2 | 3): number => Math.min(rectangle[at], image[at]!);
    clear(gl, [low(0), low(1), high(2), high(3)], height, [0, 0, 0, background[3]]); // channels are added to it
    scissor(gl, rectangle, height);

    gl.bindVertexArray(this.vertices);
    this.texture.bind();
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LESS);
    for (const light of lights) {
      const touched = light.sprites.filter(({ place }) => place[0] < rectangle[2] && place[2] > rectangle[0] && place[1] < rectangle[3] && place[3] > rectangle[1]);
      this.add({ ...light, sprites: touched }, scenery);
    }
    gl.disable(gl.SCISSOR_TEST);
  }

  /** From front to back: the depth buffer keeps a channel from adding twice where a coarse chunk lies under a fine one. */
  private add({ sprites, window: [low, high], colour, tone }: Light, { width, height }: Scenery): void {
    const { gl } = this;
    gl.clear(gl.DEPTH_BUFFER_BIT);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    if (tone !== undefined) this.table.load(tone);
    for (const own of batches(sprites)) {
      const { program, uniforms } = this.program(own[0]!.kind, tone !== undefined);
      gl.useProgram(program);
      gl.uniform2f(uniforms["canvas"]!, width, height);
      gl.uniform2f(uniforms["window"]!, low, 1 / Math.max(high - low, LEAST_WINDOW));
      if (tone === undefined) gl.uniform3f(uniforms["colour"]!, ...colour);
      else {
        gl.uniform1i(uniforms["table"]!, LookupTable.UNIT);
        gl.uniform1f(uniforms["exponent"]!, tone.exponent);
      }
      gl.bufferData(gl.ARRAY_BUFFER, pack(own), gl.STREAM_DRAW);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, own.length);
    }
  }

  private program(kind: Kind, toned: boolean): Program {
    const name = `${kind} ${toned}`;
    const known = this.programs.get(name);
    if (known !== undefined) return known;
    const { gl, texture } = this;
    const source = this.labels ? labelFragment(kind, texture.numbers) : fragment(kind, texture.numbers, texture.components, toned);
    const program = link(gl, VERTEX, source);
    const uniforms = ["canvas", "window", "colour", "table", "exponent"].map((uniform) => [uniform, gl.getUniformLocation(program, uniform)]);
    const made = { program, uniforms: Object.fromEntries(uniforms) };
    this.programs.set(name, made);
    return made;
  }

  free(): void {
    this.table.free();
    this.gl.deleteBuffer(this.buffer);
    this.gl.deleteVertexArray(this.vertices);
  }
}

/** Pieces that one draw call takes: of one rank and kind, the lowest rank first. */
function batches(sprites: readonly Sprite[]): Sprite[][] {
  const found = new Map<number, Sprite[]>();
  for (const sprite of sprites) {
    const place = sprite.rank * KINDS.length + KINDS.indexOf(sprite.kind);
    const batch = found.get(place);
    if (batch === undefined) found.set(place, [sprite]);
    else batch.push(sprite);
  }
  return [...found].sort(([a], [b]) => a - b).map(([, batch]) => batch);
}

/** More than an image has stored arrays, each of which has a rank. */
const DEPTHS = 64;

function pack(sprites: readonly Sprite[]): Float32Array {
  const data = new Float32Array(sprites.length * FLOATS);
  sprites.forEach((sprite, index) => {
    const chunk = [sprite.slot, sprite.mip, sprite.width, sprite.height];
    const how = [(2 * (sprite.rank + 0.5)) / DEPTHS - 1, sprite.constant];
    data.set([...sprite.place, ...sprite.texels, ...chunk, ...how, ...sprite.near, sprite.leftWidth, sprite.upperHeight], index * FLOATS);
  });
  return data;
}

function scissor(gl: Gl, [left, top, right, bottom]: Rectangle, canvasHeight: number): void {
  gl.scissor(left, canvasHeight - bottom, Math.max(0, right - left), Math.max(0, bottom - top));
}

function clear(gl: Gl, rectangle: Rectangle, canvasHeight: number, colour: Background): void {
  scissor(gl, rectangle, canvasHeight);
  gl.clearColor(...colour);
  gl.clear(gl.COLOR_BUFFER_BIT);
}
