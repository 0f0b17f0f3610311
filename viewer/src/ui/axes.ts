/** Sliders for z, t and whatever other axes an image has. */
import { steppedAxes } from "../view/state.ts";
import type { Viewer } from "../view/viewer.ts";
import type { Panel } from "./channels.ts";
import { element, say } from "./dom.ts";

export function axesPanel(viewer: Viewer): Panel | undefined {
  const axes = steppedAxes(viewer.description);
  if (axes.length === 0) return undefined;
  const rows = axes.map(({ name, size }) => {
    const shown = element("output", {});
    const slider = element("input", {
      type: "range",
      min: 0,
      max: size - 1,
      step: 1,
      "aria-label": `Position on axis ${name}`,
      input: () => viewer.set({ at: { ...viewer.current.at, [name]: slider.valueAsNumber } }),
    });
    const update = (): void => {
      const index = viewer.current.at[name] ?? 0;
      slider.value = String(index);
      say(shown, `${index + 1} / ${size}`);
    };
    update();
    return { root: element("label", { class: "axis" }, element("span", {}, name), slider, shown), update };
  });
  const root = element("section", { "aria-label": "Position" }, element("h2", {}, "Position"), ...rows.map((row) => row.root));
  return { root, update: () => rows.forEach((row) => row.update()) };
}
