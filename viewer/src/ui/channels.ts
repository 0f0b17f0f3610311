/** The panel of channels: visibility, colour and window of each. */
import type { Channel } from "../client/description.ts";
import { lookOf, type ChannelLook } from "../view/channels.ts";
import { autoWindow } from "../view/values.ts";
import type { Viewer } from "../view/viewer.ts";
import { element } from "./dom.ts";

export interface Panel {
  readonly root: HTMLElement;
  /** Brings the controls in line with what is shown. */
  update(): void;
}

export function channelPanel(viewer: Viewer): Panel {
  const rows = viewer.description.channels.map((channel, index) => channelRow(viewer, channel, index));
  const root = element("section", { "aria-label": "Channels" }, element("h2", {}, "Channels"), ...rows.map((row) => row.root));
  return { root, update: () => rows.forEach((row) => row.update()) };
}

function channelRow(viewer: Viewer, channel: Channel, index: number): Panel {
  const { rgb } = viewer.description;
  const title = rgb ? "Red, green, blue" : channel.name || `Channel ${index + 1}`;
  const look = (): ChannelLook => viewer.current.looks[index]!;
  const change = (part: Partial<ChannelLook>): void => viewer.setLook(index, part);

  const visible = element("input", { type: "checkbox", change: () => change({ visible: visible.checked }) });
  const colour = element("input", {
    type: "color",
    "aria-label": `Colour of ${title}`,
    input: () => change({ colour: colour.value.slice(1).toUpperCase() }),
  });
  const ends = (["lowest", "highest"] as const).map((name, end) =>
    windowEnd(`${title}, ${name} value shown`, channel, (value) => change({ window: moved(look().window, end, value) })),
  );
  const auto = element("button", { type: "button", click: () => setAuto(viewer, index), title: "Window over what is on the screen" }, "Auto");
  const reset = element("button", { type: "button", click: () => change({ window: lookOf(channel).window }), title: "The stored window" }, "Reset");
  const root = element(
    "fieldset",
    {},
    element("legend", {}, element("label", {}, visible, ` ${title}`)),
    element("div", { class: "ends" }, ...ends.map((end) => end.root)),
    element("div", { class: "row" }, ...(rgb ? [] : [colour]), auto, reset),
  );
  const update = (): void => {
    const { visible: shown, colour: now, window } = look();
    visible.checked = shown;
    colour.value = `#${now.toLowerCase()}`;
    root.style.setProperty("--colour", rgb ? "#cfd3da" : `#${now}`);
    ends.forEach((end, place) => end.set(window[place]!));
  };
  update();
  return { root, update };
}

/** The other end gives way, so that the window never turns inside out. */
function moved([low, high]: readonly [number, number], end: number, value: number): readonly [number, number] {
  return end === 0 ? [value, Math.max(high, value + 1)] : [Math.min(low, value - 1), value];
}

function setAuto(viewer: Viewer, index: number): void {
  const window = autoWindow(viewer, index);
  if (window !== undefined) viewer.setLook(index, { window });
}

/** A slider over the data's range, and a number for what lies beyond. */
function windowEnd(label: string, { range: [least, most] }: Channel, change: (value: number) => void) {
  const slider = element("input", {
    type: "range",
    min: least,
    max: Math.max(most, least + 1),
    step: 1,
    "aria-label": label,
    input: () => change(slider.valueAsNumber),
  });
  const number = element("input", {
    type: "number",
    step: 1,
    "aria-label": label,
    change: () => {
      if (Number.isFinite(number.valueAsNumber)) change(number.valueAsNumber);
    },
  });
  const set = (value: number): void => {
    slider.value = String(value);
    if (document.activeElement !== number) number.value = String(Math.round(value));
  };
  return { root: element("div", { class: "end" }, slider, number), set };
}
