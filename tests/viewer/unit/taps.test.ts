import { expect, it } from "vitest";
import { DoubleTap } from "../../../viewer/src/ui/taps.ts";

type Down = [milliseconds: number, x?: number, fingers?: number, upX?: number, type?: string];

/** @param downs when and where a finger or mouse comes down, each to be lifted 50 ms later */
function double(...downs: Down[]): boolean[] {
  const taps = new DoubleTap();
  return downs.map(([timeStamp, x = 100, fingers = 1, upX = x, pointerType = "touch"]) => {
    taps.down({ pointerType, clientX: x, clientY: 50, timeStamp }, fingers);
    return taps.up({ pointerType, clientX: upX, clientY: 50, timeStamp: timeStamp + 50 });
  });
}

it.each<[string, Down[], boolean[]]>([
  ["of one finger in one place", [[0], [150, 110]], [false, true]],
  ["is none when it comes late", [[0], [400]], [false, false]],
  ["is none when it is elsewhere", [[0], [150, 180]], [false, false]],
  ["is none when a finger slips", [[0], [150, 100, 1, 130]], [false, false]],
  ["is none of two fingers", [[0], [150, 100, 2]], [false, false]],
  ["is none of a mouse: that has its own event", [[0, 100, 1, 100, "mouse"], [150, 100, 1, 100, "mouse"]], [false, false]],
  ["is one of three taps", [[0], [150], [300]], [false, true, false]],
])("a double tap %s", (_, downs, expected) => expect(double(...downs)).toEqual(expected));
