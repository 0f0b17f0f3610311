/** How a label image lies over the image it belongs to: pure. */
import type { Description } from "../client/description.ts";
import type { At } from "../client/geometry.ts";
import type { Camera, Point } from "./camera.ts";

/**
 * How many pixels of an image lie along one of its labels' pixels: by what both tell of their pixels' size; else, where the sizes in
 * pixels are others, so that both end at the same place.
 */
export function pixelsAlong(image: Description, labels: Description, axis: "y" | "x"): number {
  const [own, other] = [image.scale[axis], labels.scale[axis]];
  if (own !== undefined && other !== undefined && image.unit[axis] === labels.unit[axis]) return other / own;
  const place = axis === "y" ? -2 : -1;
  return image.shape.at(place)! / labels.shape.at(place)!;
}

export function pointOn(image: Description, labels: Description, { y, x }: Point): Point {
  return { y: y / pixelsAlong(image, labels, "y"), x: x / pixelsAlong(image, labels, "x") };
}

/** Shows of the labels what another camera shows of the image. Pixels are square, on both or on none. */
export function cameraOn(image: Description, labels: Description, camera: Camera): Camera {
  return { ...pointOn(image, labels, camera), zoom: camera.zoom * pixelsAlong(image, labels, "x") };
}

/** The place on z, t and the like: labels may lack an axis, or have one place on it that stands for all. */
export function placeOn(labels: Description, at: At): At {
  const places = labels.axes.flatMap((axis, index) => (at[axis] === undefined ? [] : [[axis, Math.min(at[axis], labels.shape[index]! - 1)] as const]));
  return Object.fromEntries(places);
}
