/** The lookup table on the GPU: one row of colours, loaded anew when another channel needs another one. */
import type { Tone } from "./painter.ts";

export class LookupTable {
  /** The texture unit it lies in; chunks lie in unit 0. */
  static readonly UNIT = 1;
  private readonly texture: WebGLTexture;
  private loaded = "";

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.texture = gl.createTexture();
    this.bind();
    for (const end of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, end, gl.LINEAR);
    for (const axis of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, axis, gl.CLAMP_TO_EDGE);
    gl.activeTexture(gl.TEXTURE0);
  }

  load({ name, bytes }: Tone): void {
    const { gl } = this;
    this.bind();
    if (this.loaded !== name) {
      const colours = bytes();
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, colours.length / 4, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
      this.loaded = name;
    }
    gl.activeTexture(gl.TEXTURE0);
  }

  free(): void {
    this.gl.deleteTexture(this.texture);
  }

  private bind(): void {
    this.gl.activeTexture(this.gl.TEXTURE0 + LookupTable.UNIT);
    this.gl.bindTexture(this.gl.TEXTURE_2D, this.texture);
  }
}
