/** Sliders for z, t and whatever other axes an image has, with play. */
import { Player } from "../view/play.ts";
import { steppedAxes } from "../view/state.ts";
import { steppedAt } from "../view/steps.ts";
import type { Viewer } from "../view/viewer.ts";
import type { Panel } from "./channels.ts";
import { element, say } from "./dom.ts";

export interface AxesPanel extends Panel {
  /** @returns whether the key means something */
  key(name: string): boolean;
}

/** @param ready whether a play may leave what is there */
export function axesPanel(viewer: Viewer, ready: () => boolean): AxesPanel | undefined {
  const axes = steppedAxes(viewer.description);
  if (axes.length === 0) return undefined;
  const player = new Player(viewer, ready);
  const rows = axes.map(({ name, size }) => axisRow(viewer, player, name, size));
  const root = element("section", { "aria-label": "Position" }, element("h2", {}, "Position"), ...rows.map((row) => row.root));
  return { root, update: () => rows.forEach((row) => row.update()), key: (name) => key(viewer, player, axes.map((axis) => axis.name), name) };
}

function axisRow(viewer: Viewer, player: Player, name: string, size: number): Panel {
  const shown = element("output", {});
  const play = element("button", { type: "button", "aria-label": `Play axis ${name}`, click: () => player.toggle(name) });
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
    const playing = player.playing === name;
    say(play, playing ? "❚❚" : "▶");
    play.setAttribute("aria-pressed", String(playing));
  };
  update();
  return { root: element("div", { class: "axis" }, element("span", {}, name), play, slider, shown), update };
}

/** Page up and down along z, comma and full stop along t, as far as there are such axes; space plays. */
function key(viewer: Viewer, player: Player, axes: readonly string[], name: string): boolean {
  const [z, t] = [axes.includes("z") ? "z" : axes[0]!, axes.includes("t") ? "t" : axes.at(-1)!];
  const move = (axis: string, by: 1 | -1): void => viewer.set({ at: steppedAt(viewer.description, viewer.current.at, { axis, by }, false) });
  switch (name) {
    case "PageUp":
      move(z, 1);
      break;
    case "PageDown":
      move(z, -1);
      break;
    case ".":
      move(t, 1);
      break;
    case ",":
      move(t, -1);
      break;
    case " ":
      player.toggle(player.playing ?? viewer.lastMotion?.axis ?? t);
      break;
    default:
      return false;
  }
  return true;
}
