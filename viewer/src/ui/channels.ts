/** The panel of channels: visibility, colour, window and tone of each. */
import { isFloat, type Channel } from "../client/description.ts";
import { GAMMA_MOST, leastWindow, lookOf, type ChannelLook } from "../view/channels.ts";
import { windowOver } from "../view/histogram.ts";
import { isTable, TABLE_NAMES, tableBytes } from "../view/tables.ts";
import { samplesOf } from "../view/values.ts";
import type { Viewer } from "../view/viewer.ts";
import { element, say } from "./dom.ts";
import { HistogramSliders } from "./histogram.ts";

export interface Panel {
  readonly root: HTMLElement;
  /** Brings the controls in line with what is shown. */
  update(): void;
}

type Change = (part: Partial<ChannelLook>) => void;

export function channelPanel(viewer: Viewer): Panel {
  const row = viewer.description.labels ? labelRow : channelRow;
  const rows = viewer.description.channels.map((channel, index) => row(viewer, channel, index));
  const root = element("section", { "aria-label": "Channels" }, element("h2", {}, "Channels"), ...rows.map((row) => row.root));
  return { root, update: () => rows.forEach((row) => row.update()) };
}

/** Labels have colours of their own, and no window. */
function labelRow(viewer: Viewer, channel: Channel, index: number): Panel {
  const visible = element("input", { type: "checkbox", change: () => viewer.setLook(index, { visible: visible.checked }) });
  const name = channel.name || `Channel ${index + 1}`;
  const root = element("fieldset", {}, element("legend", {}, element("label", {}, visible, ` ${name}`)), element("p", {}, "Labels: each number has a colour of its own, 0 has none."));
  const update = (): void => void (visible.checked = viewer.current.looks[index]!.visible);
  update();
  return { root, update };
}

function channelRow(viewer: Viewer, channel: Channel, index: number): Panel {
  const { rgb } = viewer.description;
  const title = rgb ? "Red, green, blue" : channel.name || `Channel ${index + 1}`;
  const look = (): ChannelLook => viewer.current.looks[index]!;
  const change: Change = (part) => viewer.setLook(index, part);
  const least = leastWindow(viewer.description, channel);
  const moveEnd = (end: number, value: number): void => change({ window: moved(look().window, end, value, least) });

  const visible = element("input", { type: "checkbox", change: () => change({ visible: visible.checked }) });
  const histogram = new HistogramSliders(viewer, index, title, moveEnd);
  const ends = ["lowest", "highest"].map((name, end) => numberInput(`${title}, ${name} value shown`, isFloat(viewer.description.dtype), (value) => moveEnd(end, value)));
  const auto = element("button", { type: "button", click: () => setAuto(viewer, index), title: "Window over what is on the screen" }, "Auto");
  const reset = element("button", { type: "button", click: () => change(withoutVisible(lookOf(channel))), title: "As it was stored" }, "Reset");
  const tone = rgb ? undefined : toneControls(title, change);
  const root = element(
    "fieldset",
    {},
    element("legend", { title }, element("label", {}, visible, ` ${title}`)),
    histogram.root,
    element("div", { class: "row" }, ends[0]!.root, "to", ends[1]!.root),
    element("div", { class: "row" }, ...(tone === undefined ? [] : [tone.colour]), auto, reset),
    ...(tone === undefined ? [] : [tone.row]),
  );
  const update = (): void => {
    const now = look();
    visible.checked = now.visible;
    root.style.setProperty("--colour", rgb ? "#cfd3da" : swatch(now));
    histogram.update(now.window);
    ends.forEach((end, place) => end.set(now.window[place]!));
    tone?.set(now);
  };
  update();
  return { root, update };
}

const withoutVisible = ({ visible: _, ...rest }: ChannelLook): Partial<ChannelLook> => rest;

/** The other end gives way, so that the window never turns inside out. */
function moved([low, high]: readonly [number, number], end: number, value: number, least: number): readonly [number, number] {
  return end === 0 ? [value, Math.max(high, value + least)] : [Math.min(low, value - least), value];
}

function setAuto(viewer: Viewer, index: number): void {
  const { description } = viewer;
  const window = windowOver(samplesOf(viewer, index), leastWindow(description, description.channels[index]!));
  if (window !== undefined) viewer.setLook(index, { window });
}

/** A colour that stands for a channel: its own, or one from the bright part of its table. */
function swatch({ colour, table }: ChannelLook): string {
  const bright = tableBytes(table, colour).subarray(4 * 200, 4 * 200 + 3);
  return table === undefined ? `#${colour}` : `rgb(${bright.join(" ")})`;
}

/** For what lies between the steps of a slider, or beyond its ends. */
function numberInput(label: string, float: boolean, change: (value: number) => void) {
  const root = element("input", {
    type: "number",
    step: float ? "any" : 1,
    "aria-label": label,
    change: () => {
      if (Number.isFinite(root.valueAsNumber)) change(root.valueAsNumber);
    },
  });
  const set = (value: number): void => {
    if (document.activeElement !== root) root.value = String(float ? Number(value.toPrecision(4)) : Math.round(value));
  };
  return { root, set };
}

/** Colour or lookup table, and gamma on a slider that is even in its logarithm. */
function toneControls(title: string, change: Change) {
  const colour = element("input", {
    type: "color",
    "aria-label": `Colour of ${title}`,
    input: () => change({ colour: colour.value.slice(1).toUpperCase(), table: undefined }),
  });
  const options = [element("option", { value: "" }, "colour"), ...TABLE_NAMES.map((name) => element("option", { value: name }, name))];
  const table = element(
    "select",
    { "aria-label": `Lookup table of ${title}`, change: () => change({ table: isTable(table.value) ? table.value : undefined }) },
    ...options,
  );
  const most = Math.log2(GAMMA_MOST);
  const gamma = element("input", {
    type: "range",
    min: -most,
    max: most,
    step: "any",
    "aria-label": `Gamma of ${title}`,
    title: "Gamma; double click for 1",
    input: () => change({ gamma: Number((2 ** gamma.valueAsNumber).toPrecision(2)) }),
    dblclick: () => change({ gamma: 1 }),
  });
  const shown = element("output", {});
  const set = (look: ChannelLook): void => {
    colour.value = `#${look.colour.toLowerCase()}`;
    table.value = look.table ?? "";
    gamma.value = String(Math.log2(look.gamma));
    gamma.setAttribute("aria-valuetext", String(look.gamma));
    say(shown, `γ ${look.gamma}`);
  };
  return { colour, row: element("div", { class: "row" }, table, gamma, shown), set };
}
