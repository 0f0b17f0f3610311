/** The shaders: they place a piece of a chunk, sample it, and turn the value into light. */
import type { Numbers } from "./texture.ts";

/**
 * How a piece is sampled. Each has a shader of its own, as drawing in software pays for every branch of a shader, taken or not.
 *  - `flat`: it is one value
 *  - `sharp`: each pixel as what it is
 *  - `smooth`: between four pixels of the same chunk
 *  - `edge`: between four pixels, of which some are the neighbours'
 */
export const KINDS = ["flat", "sharp", "smooth", "edge"] as const;
export type Kind = (typeof KINDS)[number];

export const VERTEX = /* glsl */ `#version 300 es
precision highp float;
uniform vec2 canvas;                      // device pixels
layout(location = 0) in vec4 place;       // left, top, right, bottom on the canvas, device pixels
layout(location = 1) in vec4 texels;      // the same corners in texels of the chunk
layout(location = 2) in vec4 chunk;       // slot, mip, width, height
layout(location = 3) in vec2 how;         // depth, the value of a flat piece
layout(location = 4) in vec4 nearBefore;  // slots of the neighbours NW, N, NE, W; -1: not to be had
layout(location = 5) in vec4 nearAfter;   // E, SW, S, SE
layout(location = 6) in vec2 before;      // width of the chunks to the left, height of those above
out vec2 texel;
flat out ivec4 tile;
flat out float constant;
flat out ivec4 nearA;
flat out ivec4 nearB;
flat out ivec2 back;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  vec2 at = mix(place.xy, place.zw, corner) / canvas * 2.0 - 1.0;
  gl_Position = vec4(at.x, -at.y, how.x, 1.0);
  texel = mix(texels.xy, texels.zw, corner);
  tile = ivec4(chunk);
  constant = how.y;
  nearA = ivec4(nearBefore);
  nearB = ivec4(nearAfter);
  back = ivec2(before);
}`;

/** Where a texel lies: in the chunk, or beyond its edge in a neighbour; where there is none the edge is repeated. */
const LOCATE = /* glsl */ `
ivec3 locate(ivec2 p) {
  ivec2 size = tile.zw;
  ivec2 side = ivec2(greaterThanEqual(p, size)) - ivec2(lessThan(p, ivec2(0)));
  int place = (side.y + 1) * 3 + side.x + 1;
  int near = place == 4 ? tile.x : place < 4 ? nearA[place] : nearB[place - 5];
  if (near < 0) return ivec3(clamp(p, ivec2(0), size - 1), tile.x);
  ivec2 shift = ivec2(side.x < 0 ? back.x : -side.x * size.x, side.y < 0 ? back.y : -side.y * size.y);
  return ivec3(p + shift, near);
}`;

const INSIDE = /* glsl */ `
ivec3 locate(ivec2 p) {
  return ivec3(clamp(p, ivec2(0), tile.zw - 1), tile.x);
}`;

const SHARP = "fetch(ivec2(floor(texel)))";

/** Integer textures cannot be filtered by the hardware, so it is done here: on the data, before the window. */
const SMOOTH = /* glsl */ `mix(mix(fetch(i), fetch(i + ivec2(1, 0)), f.x), mix(fetch(i + ivec2(0, 1)), fetch(i + 1), f.x), f.y)`;

/** What is no number is dark. */
const notNumbers = (type: string): string => (type === "float" ? "\n  if (isnan(share)) share = 0.0;" : "\n  share = mix(share, vec3(0.0), isnan(share));");

/** @param toned whether the light is bent and looked up in a table, instead of `colour` times the value's share of the window */
export function fragment(kind: Kind, numbers: Numbers, components: number, toned: boolean): string {
  // GLSL's texel centres lie at halves.
  const sample = { flat: "constant", sharp: SHARP, smooth: SMOOTH, edge: SMOOTH }[kind];
  const type = components === 1 ? "float" : "vec3";
  const layers = [0, 1, Math.min(2, components - 1)].slice(0, components);
  const fetches = layers.map((layer) => `texelFetch(pixels, at + ivec3(0, 0, ${layer}), tile.y).r`);
  // The ends of the table lie in the middle of its first and last texel.
  const lit = toned ? "texture(table, vec2(pow(share, exponent) * 255.0 / 256.0 + 0.5 / 256.0, 0.5)).rgb" : "share * colour";
  return /* glsl */ `#version 300 es
precision highp float;
precision highp int;
precision highp ${numbers}sampler2DArray;
uniform ${numbers}sampler2DArray pixels;
uniform vec2 window;                      // its low end, 1 / its width
uniform vec3 colour;
uniform sampler2D table;
uniform float exponent;
in vec2 texel;
flat in ivec4 tile;
flat in float constant;
flat in ivec4 nearA;
flat in ivec4 nearB;
flat in ivec2 back;
out vec4 light;
${kind === "edge" ? LOCATE : INSIDE}
${type} fetch(ivec2 p) {
  ivec3 at = locate(p) * ivec3(1, 1, ${components});
  return ${type}(${fetches.join(", ")});
}
void main() {
  vec2 p = texel - 0.5;
  ivec2 i = ivec2(floor(p));
  vec2 f = p - vec2(i);
  ${type} value = ${type}(${sample});
  ${type} share = clamp((value - window.x) * window.y, 0.0, 1.0);${numbers === "" ? notNumbers(type) : ""}
  light = vec4(${lit}, 1.0);
}`;
}

/**
 * Labels are shown in a colour that follows from their number, 0 as nothing: docs/protocol.md, "Colours of labels". Nothing is ever
 * mixed of two of them.
 */
export function labelFragment(kind: Kind, numbers: Numbers): string {
  const sample = kind === "flat" ? "uint(int(constant))" : "uint(texelFetch(pixels, ivec3(clamp(ivec2(floor(texel)), ivec2(0), tile.zw - 1), tile.x), tile.y).r)";
  return /* glsl */ `#version 300 es
precision highp float;
precision highp int;
precision highp ${numbers}sampler2DArray;
uniform ${numbers}sampler2DArray pixels;
in vec2 texel;
flat in ivec4 tile;
flat in float constant;
out vec4 light;
void main() {
  uint label = ${sample};
  uint hash = label * 2654435769u;
  uint kind = (hash >> 8) & 3u;
  uint high = uvec4(255u, 255u, 200u, 230u)[kind];
  uint low = uvec4(60u, 130u, 30u, 90u)[kind];
  uint turn = (hash >> 16) * 6u;
  uint rise = low + (((high - low) * ((turn >> 8) & 255u)) >> 8);
  uint fall = high + low - rise;
  uint part = turn >> 16;
  uvec3 colour = part == 0u ? uvec3(high, rise, low) : part == 1u ? uvec3(fall, high, low) : part == 2u ? uvec3(low, high, rise)
    : part == 3u ? uvec3(low, fall, high) : part == 4u ? uvec3(rise, low, high) : uvec3(high, low, fall);
  light = label == 0u ? vec4(0.0) : vec4(vec3(colour) / 255.0, 1.0);
}`;
}
