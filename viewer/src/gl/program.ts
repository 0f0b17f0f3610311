/** Makes programs of shaders. */
import { shared } from "./shared.ts";

type Gl = WebGL2RenderingContext;

/** One for each pair of shaders, which stays. */
export const link = (gl: Gl, vertex: string, fragmentSource: string): WebGLProgram => shared(gl, vertex + fragmentSource, () => made(gl, vertex, fragmentSource));

function made(gl: Gl, vertex: string, fragmentSource: string): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragmentSource]] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader); // goes with the program
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = (gl.getAttachedShaders(program) ?? []).map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`the shader does not link: ${gl.getProgramInfoLog(program) ?? ""} ${logs.join(" ")}`);
  }
  return program;
}
