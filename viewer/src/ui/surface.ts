/** The canvas, how large it is and how it moves. */
import type { Size } from "../view/camera.ts";
import { MARGIN, type Surface } from "../view/sheet.ts";

/** A canvas that is seen through a smaller view. Where a browser does not tell device pixels they are reckoned, and may be off by one. */
export function surfaceOf(view: HTMLElement, canvas: HTMLCanvasElement, gl: WebGL2RenderingContext, changed: () => void): Surface {
  const surface: Surface = { canvas, gl, device: { height: 0, width: 0 }, move: mover(canvas) };
  const resize = (device: Size): void => {
    surface.device = device;
    const lengths = { margin: -MARGIN, height: device.height + 2 * MARGIN, width: device.width + 2 * MARGIN };
    for (const [name, pixels] of Object.entries(lengths)) view.style.setProperty(`--${name}`, `${pixels / devicePixelRatio}px`);
  };
  const reckon = ({ height, width }: Size): void => resize({ height: Math.round(height * devicePixelRatio), width: Math.round(width * devicePixelRatio) });
  const exact = "devicePixelContentBoxSize" in ResizeObserverEntry.prototype;
  const observer = new ResizeObserver(([entry]) => {
    const box = exact ? entry!.devicePixelContentBoxSize[0] : undefined;
    if (box === undefined) reckon(entry!.contentRect);
    else resize({ height: box.blockSize, width: box.inlineSize });
    changed();
  });
  observer.observe(view, { box: exact ? "device-pixel-content-box" : "content-box" });
  reckon(view.getBoundingClientRect());
  return surface;
}

/** Moves what is drawn on by device pixels, and stretches it about its middle. */
export const mover =
  (canvas: HTMLCanvasElement) =>
  (right: number, down: number, by = 1): void =>
    void (canvas.style.transform = `translate(${right / devicePixelRatio}px, ${down / devicePixelRatio}px)${by === 1 ? "" : ` scale(${by})`}`);
