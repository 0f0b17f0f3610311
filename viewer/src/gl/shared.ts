/** What the images that are shown on one canvas share, one after the other: making it anew costs the next one its first picture. */
type Gl = WebGL2RenderingContext;

const all = new WeakMap<Gl, Map<string, unknown>>();

function sharedOf(gl: Gl): Map<string, unknown> {
  const known = all.get(gl) ?? new Map<string, unknown>();
  all.set(gl, known);
  return known;
}

/** What has this name, made once. */
export function shared<T>(gl: Gl, name: string, make: () => T): T {
  const known = sharedOf(gl);
  if (!known.has(name)) known.set(name, make());
  return known.get(name) as T;
}

/** Puts something in the place of what is there. @returns what was */
export function exchange<T>(gl: Gl, name: string, next: T | undefined): T | undefined {
  const known = sharedOf(gl);
  const before = known.get(name) as T | undefined;
  known.set(name, next);
  return before;
}

/** After the graphics card forgot everything. */
export const forgetShared = (gl: Gl): void => void all.delete(gl);
