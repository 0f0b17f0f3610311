/** Mouse, touch and keyboard on the canvas. */
import { pan, toImage, zoomAbout, type Point } from "../view/camera.ts";
import type { Viewer } from "../view/viewer.ts";
import { DoubleTap } from "./taps.ts";

/** One notch of a wheel gives deltaY 100 to 120: a factor of about 1.3. */
const WHEEL_SPEED = 0.0024;
const KEY_PAN_SHARE = 0.1;
const KEY_ZOOM = 1.5;
const LINE_PIXELS = 16;

/**
 * @param view what is seen of the canvas
 * @param pointer told the image point under the pointer, undefined when it left
 * @param otherKey told keys that do not move the camera; @returns whether they mean something
 */
export function navigate(
  canvas: HTMLCanvasElement,
  view: HTMLElement,
  viewer: () => Viewer | undefined,
  pointer: (point: Point | undefined) => void,
  otherKey: (name: string) => boolean,
): void {
  const down = new Map<number, Point>();
  const here = (event: MouseEvent): Point => {
    const box = view.getBoundingClientRect();
    return { y: event.clientY - box.top, x: event.clientX - box.left };
  };
  const doubleTap = new DoubleTap();
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return; // the end of a press that opens a menu may never be told
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, here(event));
    doubleTap.down(event, down.size);
  });
  for (const type of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(type, (event) => {
      down.delete(event.pointerId);
      const open = viewer();
      if (open !== undefined && doubleTap.up(event)) zoom(open, here(event), 2);
    });
  }
  canvas.addEventListener("pointerleave", () => pointer(undefined));
  canvas.addEventListener("pointermove", (event) => {
    const open = viewer();
    if (open === undefined) return;
    const point = here(event);
    const before = down.get(event.pointerId);
    if (before !== undefined) {
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      if (other === undefined) open.set({ camera: pan(open.current.camera, point.y - before.y, point.x - before.x) });
      else pinch(open, before, point, other);
      down.set(event.pointerId, point);
    }
    pointer(toImage(open.current.camera, open.screen, point));
  });
  canvas.addEventListener("dblclick", (event) => {
    const open = viewer();
    if (open !== undefined && !doubleTap.touched) zoom(open, here(event), event.shiftKey ? 0.5 : 2);
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const open = viewer();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * LINE_PIXELS : event.deltaY;
      if (open !== undefined) zoom(open, here(event), Math.exp(-pixels * WHEEL_SPEED));
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => {
    const open = viewer();
    if (open !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey && (moveByKey(open, event.key) || otherKey(event.key))) event.preventDefault();
  });
}

function zoom(open: Viewer, point: Point, factor: number): void {
  open.set({ camera: zoomAbout(open.current.camera, open.image, open.screen, point, factor) });
}

/** Two fingers: the image stays under both, as far as it can without turning. */
function pinch(open: Viewer, before: Point, point: Point, other: Point): void {
  const distance = (a: Point): number => Math.hypot(a.y - other.y, a.x - other.x);
  open.set({ camera: pan(open.current.camera, (point.y - before.y) / 2, (point.x - before.x) / 2) });
  const middle = { y: (point.y + other.y) / 2, x: (point.x + other.x) / 2 };
  if (distance(before) > 1) zoom(open, middle, distance(point) / distance(before));
}

/**
 * @param share of the screen that an arrow moves by
 * @returns whether the key means something
 */
export function moveByKey(open: Viewer, name: string, share = KEY_PAN_SHARE): boolean {
  const { height, width } = open.screen;
  const middle = { y: height / 2, x: width / 2 };
  const move = (dy: number, dx: number): void =>
    open.set({ camera: pan(open.current.camera, dy * share * height, dx * share * width) });
  switch (name) {
    case "ArrowUp":
      move(1, 0);
      break;
    case "ArrowDown":
      move(-1, 0);
      break;
    case "ArrowLeft":
      move(0, 1);
      break;
    case "ArrowRight":
      move(0, -1);
      break;
    case "+":
    case "=":
      zoom(open, middle, KEY_ZOOM);
      break;
    case "-":
    case "_":
      zoom(open, middle, 1 / KEY_ZOOM);
      break;
    case "0":
    case "Home":
      open.fit();
      break;
    case "1":
      open.set({ camera: { ...open.current.camera, zoom: 1 / devicePixelRatio } }); // exactly, as no factor is
      break;
    default:
      return false;
  }
  return true;
}
