/** The control of a label image that belongs to an image: whether it lies over it, and how densely. */
import type { Viewer } from "../view/viewer.ts";
import type { Panel } from "./channels.ts";
import { element } from "./dom.ts";

const FIRST_OPACITY = 0.5;
/** Browsers take the oldest drawing from a page that has many: who wants one more sees the first of these no longer. */
export const MOST_LAYERS = 4;

/** @param title what a person calls it */
export function labelRow(viewer: Viewer, name: string, title: string): Panel {
  const change = (): void => {
    const { [name]: _, ...others } = viewer.current.labels;
    const shown = Object.entries(others).slice(1 - MOST_LAYERS);
    viewer.set({ labels: visible.checked ? Object.fromEntries([...shown, [name, opacity.valueAsNumber]]) : others });
  };
  const visible = element("input", { type: "checkbox", change });
  const opacity = element("input", { type: "range", min: 0, max: 1, step: 0.05, value: FIRST_OPACITY, "aria-label": `Opacity of ${title}`, title: "Opacity", input: change });
  const update = (): void => {
    const shown = viewer.current.labels[name];
    visible.checked = shown !== undefined;
    opacity.disabled = shown === undefined;
    if (shown !== undefined) opacity.value = String(shown);
  };
  update();
  return { root: element("div", { class: "row", title: name }, element("label", {}, visible, ` ${title}`), opacity), update };
}
