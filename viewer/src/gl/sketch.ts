/** A small picture, drawn beside the canvas and read back: what the overview shows. */

type Gl = WebGL2RenderingContext;

export class Sketch {
  private readonly framebuffer: WebGLFramebuffer;
  private readonly colour: WebGLRenderbuffer;
  private readonly depth: WebGLRenderbuffer;

  constructor(private readonly gl: Gl) {
    this.framebuffer = gl.createFramebuffer();
    this.colour = gl.createRenderbuffer();
    this.depth = gl.createRenderbuffer();
  }

  /** @returns what `draw` drew: red, green, blue, alpha of each pixel, from the top left */
  take({ width, height }: { readonly width: number; readonly height: number }, draw: () => void): Uint8ClampedArray<ArrayBuffer> {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.framebuffer);
    for (const [buffer, format, attachment] of [
      [this.colour, gl.RGBA8, gl.COLOR_ATTACHMENT0],
      [this.depth, gl.DEPTH_COMPONENT16, gl.DEPTH_ATTACHMENT],
    ] as const) {
      gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
      gl.renderbufferStorage(gl.RENDERBUFFER, format, width, height);
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, attachment, gl.RENDERBUFFER, buffer);
    }
    draw();
    const rows = new Uint8Array(4 * width * height); // from the bottom
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, rows);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    const pixels = new Uint8ClampedArray(rows.length);
    for (let row = 0; row < height; row++) pixels.set(rows.subarray(4 * width * row, 4 * width * (row + 1)), 4 * width * (height - 1 - row));
    return pixels;
  }

  free(): void {
    this.gl.deleteFramebuffer(this.framebuffer);
    this.gl.deleteRenderbuffer(this.colour);
    this.gl.deleteRenderbuffer(this.depth);
  }
}
