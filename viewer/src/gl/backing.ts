/**
 * The picture as it was drawn last, beside the canvas: when the image moves it is copied to its new place, and only what came into
 * view is drawn. The canvas itself is lost with each frame.
 *
 * Measured where WebGL draws in software, 1920 × 1080: `copyTexSubImage2D` takes 1 to 5 ms, as it copies memory; drawing a texture
 * takes 29 ms, `blitFramebuffer` 30 to 70 ms, as it draws too and less well.
 */
import { link } from "./program.ts";

type Gl = WebGL2RenderingContext;

interface Sheet {
  readonly framebuffer: WebGLFramebuffer;
  readonly texture: WebGLTexture;
}

const VERTEX = /* glsl */ `#version 300 es
uniform vec4 part;                        // of the sheet: its lower left corner, its size
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  at = part.xy + corner * 2.0 * part.zw;
  gl_Position = vec4(corner * 4.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = /* glsl */ `#version 300 es
precision highp float;
uniform sampler2D sheet;
in vec2 at;
out vec4 light;
void main() {
  light = texture(sheet, at);
}`;

export class Backing {
  private sheets: [Sheet, Sheet] | undefined;
  private depth: WebGLRenderbuffer | undefined;
  private readonly program: WebGLProgram;
  private readonly part: WebGLUniformLocation | null;
  /** How many pixels of the canvas one of the front sheet is across: then it fills the sheet's lower left corner. */
  private grain = 1;
  private width = 0;
  private height = 0;

  /** Whether nothing is ever mixed of two pixels. */
  sharp = false;

  constructor(private readonly gl: Gl) {
    this.program = link(gl, VERTEX, FRAGMENT);
    this.part = gl.getUniformLocation(this.program, "part");
  }

  /** GPU memory that it takes. */
  get nbytes(): number {
    return this.sheets === undefined ? 0 : this.width * this.height * (4 + 4 + 2);
  }

  /** Makes its front sheet the target of what is drawn next, and as large as the canvas. */
  bind(grain: number): void {
    const { gl } = this;
    const { drawingBufferWidth: width, drawingBufferHeight: height } = gl;
    if (this.sheets === undefined || width !== this.width || height !== this.height) {
      this.free();
      [this.width, this.height] = [width, height];
      this.depth = gl.createRenderbuffer();
      gl.bindRenderbuffer(gl.RENDERBUFFER, this.depth);
      gl.renderbufferStorage(gl.RENDERBUFFER, gl.DEPTH_COMPONENT16, width, height);
      this.sheets = [this.sheet(this.depth), this.sheet(this.depth)];
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.sheets[0].framebuffer);
    this.grain = grain;
  }

  /** Makes the other sheet the target. */
  bindOther(): void {
    this.gl.bindFramebuffer(this.gl.FRAMEBUFFER, this.sheets![1].framebuffer);
  }

  /** Moves what is drawn right and down by whole pixels. What comes in at the sides is anything. */
  shift(right: number, down: number): void {
    const { gl, width, height } = this;
    const [from, to] = this.sheets!;
    const [x, y] = [Math.max(0, right), Math.max(0, -down)]; // y grows upwards here
    gl.bindFramebuffer(gl.FRAMEBUFFER, from.framebuffer);
    gl.bindTexture(gl.TEXTURE_2D, to.texture);
    gl.copyTexSubImage2D(gl.TEXTURE_2D, 0, x, y, x - right, y + down, width - Math.abs(right), height - Math.abs(down));
    this.sheets = [to, from];
    gl.bindFramebuffer(gl.FRAMEBUFFER, to.framebuffer);
  }

  /** Draws it on the canvas. */
  present(): void {
    this.begin();
    this.show(this.sheets![0], this.grain, [0, 0, this.width, this.height]);
  }

  /** Draws the other sheet on the canvas, and the front one over it: stretched, its middle moved right and down. */
  presentStretched(grain: number, right: number, down: number, by: number): void {
    const { width, height } = this;
    const [wide, high] = [by * width, by * height];
    this.begin();
    this.show(this.sheets![1], grain, [0, 0, width, height]);
    this.show(this.sheets![0], this.grain, [(width - wide) / 2 + right, (height - high) / 2 - down, wide, high]);
  }

  private begin(): void {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.disable(gl.BLEND);
    gl.disable(gl.DEPTH_TEST);
    gl.useProgram(this.program);
    gl.bindVertexArray(null);
  }

  /** @param place left, bottom, width, height on the canvas */
  private show({ texture }: Sheet, grain: number, place: readonly [number, number, number, number]): void {
    const { gl, width, height } = this;
    // The middle of what is drawn coarsely is that of the canvas, whose size is no multiple of its pixels.
    const beside = (size: number): number => (Math.ceil(size / grain) - size / grain) / 2 / size;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    const filter = this.sharp || (grain === 1 && place[2] === width) ? gl.NEAREST : gl.LINEAR;
    for (const end of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, end, filter);
    gl.uniform4f(this.part, beside(width), beside(height), 1 / grain, 1 / grain);
    gl.viewport(...(place.map(Math.round) as [number, number, number, number]));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  free(): void {
    const { gl } = this;
    for (const { framebuffer, texture } of this.sheets ?? []) {
      gl.deleteFramebuffer(framebuffer);
      gl.deleteTexture(texture);
    }
    gl.deleteRenderbuffer(this.depth ?? null);
    this.sheets = undefined;
  }

  private sheet(depth: WebGLRenderbuffer): Sheet {
    const { gl, width, height } = this;
    const made = { framebuffer: gl.createFramebuffer(), texture: gl.createTexture() };
    gl.bindTexture(gl.TEXTURE_2D, made.texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, made.framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, made.texture, 0);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.RENDERBUFFER, depth);
    return made;
  }
}
