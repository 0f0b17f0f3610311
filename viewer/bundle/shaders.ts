/** Makes shaders small: to everybody but the graphics card they are text, which is sent as it is. */
import type { Plugin } from "vite";

/** A template literal that is marked as one. What is put into it holds no backticks. */
const SHADER = /\/\* glsl \*\/ `([^`]*)`/g;

/** Without comments, and without spaces where nothing needs them, but beside braces: one may end what is put in. The line of `#version` stays one. */
function bare(source: string): string {
  return source
    .replace(/\/\/ .*$/gm, "")
    .replace(/(#version.*)?\s+/g, (_, version?: string) => (version === undefined ? " " : `${version}\n`))
    .replace(/ ?([-+*/=<>?:,;()&|!]) ?/g, "$1");
}

export const bareShaders = (): Plugin => ({
  name: "bare-shaders",
  enforce: "pre",
  transform: (code, id) => (id.includes("/gl/") ? code.replace(SHADER, (_, source: string) => `\`${bare(source)}\``) : null),
});
