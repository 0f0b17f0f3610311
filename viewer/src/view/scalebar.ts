/** A scale bar in the image's own units: pure. */

export interface ScaleBar {
  /** Its length in CSS pixels. */
  readonly pixels: number;
  readonly text: string;
}

/** Names of OME-Zarr 0.5, section "axes" metadata, that are lengths on a microscope or in the sky, in metres. */
const METRES: { readonly [unit: string]: number } = {
  angstrom: 1e-10,
  picometer: 1e-12,
  nanometer: 1e-9,
  micrometer: 1e-6,
  millimeter: 1e-3,
  centimeter: 1e-2,
  decimeter: 1e-1,
  meter: 1,
  kilometer: 1e3,
};

const SHOWN = [
  ["km", 1e3],
  ["m", 1],
  ["mm", 1e-3],
  ["µm", 1e-6],
  ["nm", 1e-9],
  ["pm", 1e-12],
] as const;

/** 1, 2 or 5 times a power of ten. */
function roundedDown(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const factor = [5, 2, 1].find((one) => one * power <= value * (1 + 1e-9)) ?? 1;
  return factor * power;
}

/**
 * @param zoom CSS pixels a pixel of level 0
 * @param scale length of such a pixel in `unit`; without a unit that is a length the bar counts pixels
 * @param longest CSS pixels that the bar may take
 */
export function scaleBar(zoom: number, scale: number | undefined, unit: string | undefined, longest: number): ScaleBar {
  const metres = METRES[unit ?? ""];
  if (metres === undefined || scale === undefined || !(scale > 0)) {
    const count = Math.max(1, roundedDown(longest / zoom));
    return { pixels: count * zoom, text: `${count} px` };
  }
  const pixelMetres = scale * metres;
  const length = roundedDown((longest / zoom) * pixelMetres);
  const [name, size] = SHOWN.find(([, one]) => length >= one * (1 - 1e-9)) ?? SHOWN.at(-1)!;
  return { pixels: (length / pixelMetres) * zoom, text: `${Number((length / size).toPrecision(1))} ${name}` };
}
