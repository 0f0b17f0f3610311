/** The one shader: places a chunk, samples it, and turns the value into light. */

export const VERTEX = `#version 300 es
precision highp float;
uniform vec2 canvas;                      // device pixels
layout(location = 0) in vec4 place;       // left, top, right, bottom on the canvas, device pixels
layout(location = 1) in vec4 texels;      // the same corners in texels of the chunk
layout(location = 2) in vec4 chunk;       // slot, mip, width, height
layout(location = 3) in vec4 how;         // depth, smooth, constant?, its value
layout(location = 4) in vec4 nearBefore;  // slots of the neighbours NW, N, NE, W; -1: not to be had
layout(location = 5) in vec4 nearAfter;   // E, SW, S, SE
layout(location = 6) in vec2 before;      // width of the chunks to the left, height of those above
out vec2 texel;
flat out ivec4 tile;
flat out vec3 mode;
flat out ivec4 nearA;
flat out ivec4 nearB;
flat out ivec2 back;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  vec2 at = mix(place.xy, place.zw, corner) / canvas * 2.0 - 1.0;
  gl_Position = vec4(at.x, -at.y, how.x, 1.0);
  texel = mix(texels.xy, texels.zw, corner);
  tile = ivec4(chunk);
  mode = how.yzw;
  nearA = ivec4(nearBefore);
  nearB = ivec4(nearAfter);
  back = ivec2(before);
}`;

/**
 * Integer textures cannot be filtered by the hardware, so bilinear sampling is done here, on the data, before the window. A
 * sample beyond the chunk's edge is taken from the neighbour, so that there is no seam; where there is none, from the edge.
 */
export const fragment = (signed: boolean, components: number): string => `#version 300 es
precision highp float;
precision highp int;
precision highp ${signed ? "i" : "u"}sampler2DArray;
uniform ${signed ? "i" : "u"}sampler2DArray pixels;
uniform vec2 window;                      // its low end, 1 / its width
uniform vec3 colour;
in vec2 texel;
flat in ivec4 tile;
flat in vec3 mode;
flat in ivec4 nearA;
flat in ivec4 nearB;
flat in ivec2 back;
out vec4 light;

ivec3 locate(ivec2 p) {
  ivec2 size = tile.zw;
  ivec2 side = ivec2(greaterThanEqual(p, size)) - ivec2(lessThan(p, ivec2(0)));
  int slot = tile.x;
  if (side != ivec2(0)) {
    int place = (side.y + 1) * 3 + side.x + 1;
    int near = place < 4 ? nearA[place] : nearB[place - 5];
    if (near < 0) p = clamp(p, ivec2(0), size - 1);
    else {
      slot = near;
      p += ivec2(side.x < 0 ? back.x : -side.x * size.x, side.y < 0 ? back.y : -side.y * size.y);
    }
  }
  return ivec3(p, slot * ${components});
}

vec3 fetch(ivec2 p) {
  ivec3 at = locate(p);
  ${
    components === 1
      ? "return vec3(texelFetch(pixels, at, tile.y).r);"
      : `return vec3(texelFetch(pixels, at, tile.y).r, texelFetch(pixels, at + ivec3(0, 0, 1), tile.y).r,
    texelFetch(pixels, at + ivec3(0, 0, ${Math.min(2, components - 1)}), tile.y).r);`
  }
}

void main() {
  vec3 value;
  if (mode.y > 0.0) value = vec3(mode.z);
  else if (mode.x > 0.0) {
    vec2 p = texel - 0.5;                 // texel centres lie at halves
    ivec2 i = ivec2(floor(p));
    vec2 f = p - vec2(i);
    value = mix(mix(fetch(i), fetch(i + ivec2(1, 0)), f.x), mix(fetch(i + ivec2(0, 1)), fetch(i + 1), f.x), f.y);
  } else value = fetch(clamp(ivec2(floor(texel)), ivec2(0), tile.zw - 1));
  light = vec4(clamp((value - window.x) * window.y, 0.0, 1.0) * colour, 1.0);
}`;
