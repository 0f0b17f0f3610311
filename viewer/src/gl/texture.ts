/**
 * Chunks on the GPU: one integer texture array, a slot of `components` layers a chunk. Decode level n lies in the slot's mip
 * level n, so that a chunk is refined in place at every level, and a level that was shown stays when a finer one comes.
 */
import type { Pixels } from "../client/codec.ts";
import type { Dtype } from "../client/description.ts";
import type { Tile } from "../view/tiles.ts";
import { exchange } from "./shared.ts";

/** The codec has at most 8 resolutions: codecs/SPEC.md, section 2. */
const COARSEST_MIP = 7;

type Gl = WebGL2RenderingContext;

/** What kind of numbers a texture holds, as GLSL's prefixes have it: unsigned, signed, floats. */
export type Numbers = "u" | "i" | "";

interface Format {
  readonly internal: GLenum;
  readonly type: GLenum;
  readonly numbers: Numbers;
  readonly nbytes: number;
}

/** As the codec gives pictures: 64-bit integers that fit come in 32 bits, as do all floats. */
function formatOf(gl: Gl, dtype: Dtype): Format {
  switch (dtype) {
    case "bool":
    case "uint8":
      return { internal: gl.R8UI, type: gl.UNSIGNED_BYTE, numbers: "u", nbytes: 1 };
    case "int8":
      return { internal: gl.R8I, type: gl.BYTE, numbers: "i", nbytes: 1 };
    case "uint16":
      return { internal: gl.R16UI, type: gl.UNSIGNED_SHORT, numbers: "u", nbytes: 2 };
    case "int16":
      return { internal: gl.R16I, type: gl.SHORT, numbers: "i", nbytes: 2 };
    case "uint32":
    case "uint64":
      return { internal: gl.R32UI, type: gl.UNSIGNED_INT, numbers: "u", nbytes: 4 };
    case "int32":
    case "int64":
      return { internal: gl.R32I, type: gl.INT, numbers: "i", nbytes: 4 };
    case "float16":
    case "float32":
    case "float64":
      return { internal: gl.R32F, type: gl.FLOAT, numbers: "", nbytes: 4 };
  }
}

/** Graphics cards clear what they give, and in software that takes 3 ms a megabyte: so the texture begins small, and grows. */
const FIRST_NBYTES = 45e6;
/** The name of the texture that an image left to the next one. */
const LEFT = "texture";

export class ChunkTexture {
  slotCount = 0;
  readonly numbers: Numbers;
  private texture: WebGLTexture | null = null;
  private readonly framebuffer: WebGLFramebuffer;
  private readonly slotNbytes: number;
  private readonly mips: number;
  private mostSlots = 0;

  /** The one that was left, if it is such a one. @param slotsWanted how many chunks the image has at most; `budgetNbytes` may allow fewer */
  static take(gl: Gl, dtype: Dtype, components: number, chunkHeight: number, chunkWidth: number, slotsWanted: number, budgetNbytes: number): ChunkTexture {
    const format = formatOf(gl, dtype);
    // A mip level has floor(size / 2^n) texels, a decode level ceil: equal where the size is a multiple of 2^n.
    const mips = Math.min(COARSEST_MIP, Math.ceil(Math.log2(Math.max(chunkHeight, chunkWidth, 2))));
    const [height, width] = [chunkHeight, chunkWidth].map((size) => Math.ceil(size / 2 ** mips) * 2 ** mips) as [number, number];
    const left = exchange<ChunkTexture>(gl, LEFT, undefined);
    const same = left !== undefined && left.format.internal === format.internal && left.components === components && left.height === height && left.width === width;
    if (!same) left?.free();
    const texture = same ? left : new ChunkTexture(gl, format, components, height, width, mips);
    texture.allow(slotsWanted, budgetNbytes);
    return texture;
  }

  static freeLeft(gl: Gl): void {
    exchange<ChunkTexture>(gl, LEFT, undefined)?.free();
  }

  private constructor(
    private readonly gl: Gl,
    private readonly format: Format,
    readonly components: number,
    private readonly height: number,
    private readonly width: number,
    mips: number,
  ) {
    this.numbers = format.numbers;
    this.mips = mips;
    this.slotNbytes = Math.ceil((height * width * format.nbytes * components * 4) / 3);
    this.framebuffer = gl.createFramebuffer();
  }

  get nbytes(): number {
    return this.slotCount * this.slotNbytes;
  }

  private allow(slotsWanted: number, budgetNbytes: number): void {
    const { gl, components, slotNbytes, numbers } = this;
    const copies = numbers !== "" || gl.getExtension("EXT_color_buffer_float") !== null; // without it floats are shown, but not read back
    const most = Math.min(slotsWanted, budgetNbytes / slotNbytes, (gl.getParameter(gl.MAX_ARRAY_TEXTURE_LAYERS) as number) / components);
    this.mostSlots = Math.max(1, Math.floor(most));
    const first = copies ? Math.min(this.mostSlots, Math.ceil(FIRST_NBYTES / slotNbytes)) : this.mostSlots;
    if (this.slotCount >= first) return;
    gl.deleteTexture(this.texture);
    this.allocate(first);
  }

  /** Makes room for twice as many slots. @param tiles what has to be kept. @returns whether it could */
  grow(tiles: Iterable<Tile>): boolean {
    const { gl, components, texture } = this;
    if (this.slotCount >= this.mostSlots) return false;
    this.allocate(Math.min(this.mostSlots, 2 * this.slotCount));
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.framebuffer);
    for (const { slot, mips } of tiles) {
      if (slot === undefined) continue;
      for (const mip of mips.keys()) {
        for (let layer = slot * components; layer < (slot + 1) * components; layer++) {
          gl.framebufferTextureLayer(gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, texture, mip, layer);
          gl.copyTexSubImage3D(gl.TEXTURE_2D_ARRAY, mip, 0, 0, layer, 0, 0, this.width >> mip, this.height >> mip);
        }
      }
    }
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, null);
    gl.deleteTexture(texture);
    return true;
  }

  private allocate(slots: number): void {
    const { gl, components, mips, height, width } = this;
    this.slotCount = slots;
    this.texture = gl.createTexture();
    this.bind();
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, mips + 1, this.format.internal, width, height, slots * components);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MIN_FILTER, gl.NEAREST_MIPMAP_NEAREST);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  bind(): void {
    this.gl.bindTexture(this.gl.TEXTURE_2D_ARRAY, this.texture);
  }

  /** @param pixels components × height × width */
  upload(slot: number, mip: number, height: number, width: number, pixels: Pixels): void {
    const { gl, components } = this;
    this.bind();
    const format = this.numbers === "" ? gl.RED : gl.RED_INTEGER;
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, mip, 0, 0, slot * components, width, height, components, format, this.format.type, pixels);
  }

  /** Reads a rectangle of one component back, as it lies on the GPU: height × width. */
  read(slot: number, component: number, mip: number, y: number, x: number, height: number, width: number): ArrayLike<number> {
    const { gl, numbers } = this;
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.framebuffer);
    const layer = slot * this.components + component;
    gl.framebufferTextureLayer(gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, this.texture, mip, layer);
    // Four components of 32 bits are what every implementation can read back.
    const wide = new { u: Uint32Array, i: Int32Array, "": Float32Array }[numbers](4 * height * width);
    const type = { u: gl.UNSIGNED_INT, i: gl.INT, "": gl.FLOAT }[numbers];
    gl.readPixels(x, y, width, height, numbers === "" ? gl.RGBA : gl.RGBA_INTEGER, type, wide);
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, null);
    return wide.filter((_, index) => index % 4 === 0);
  }

  /** Leaves it to the next image on this canvas. */
  leave(): void {
    exchange<ChunkTexture>(this.gl, LEFT, this)?.free();
  }

  private free(): void {
    this.gl.deleteTexture(this.texture);
    this.gl.deleteFramebuffer(this.framebuffer);
  }
}
