/** Descriptions as the server gives them, for tests that need no pixels. */
import { parseDescription, type Description } from "../../../viewer/src/client/description.ts";

const channel = (name: string, colour: string) => ({ name, colour, window: [0, 2550], range: [0, 4095], visible: true });

/** Two channels of 5000 × 7000 in two stored arrays, 512² chunks, shards of 4 × 4 of them and of both channels. */
export const mosaicJson = () => ({
  name: "plate/mosaic.zarr",
  title: "mosaic",
  axes: ["c", "y", "x"],
  shape: [2, 5000, 7000],
  dtype: "uint16",
  rgb: false,
  channels: [channel("DAPI", "0000FF"), channel("GFP", "00FF00")],
  levels: [0, 1, 2, 3, 4, 5].map((level) => ({
    level,
    shape: [2, Math.ceil(5000 / 2 ** level), Math.ceil(7000 / 2 ** level)],
    array: level < 3 ? 0 : 1,
    decode: level % 3,
  })),
  arrays: [
    { path: "0", level: 0, shape: [2, 5000, 7000], shard_shape: [2, 2048, 2048], chunk_shape: [1, 512, 512], resolutions: 4, nbytes: 1000 },
    { path: "3", level: 3, shape: [2, 625, 875], shard_shape: [2, 1024, 1024], chunk_shape: [1, 512, 512], resolutions: 4, nbytes: 100 },
  ],
});

export const mosaic = (): Description => parseDescription(mosaicJson());

/** Three time points of seven z planes in one channel; a shard holds three planes of z. */
export const stack = (): Description =>
  parseDescription({
    name: "stack.zarr",
    version: "1",
    title: "stack",
    axes: ["t", "c", "z", "y", "x"],
    shape: [3, 1, 7, 130, 133],
    dtype: "int16",
    scale: { z: 2 },
    rgb: false,
    fill: 3,
    channels: [channel("", "FFFFFF")],
    levels: [{ level: 0, shape: [3, 1, 7, 130, 133], array: 0, decode: 0 }],
    arrays: [{ path: "0", level: 0, shape: [3, 1, 7, 130, 133], shard_shape: [1, 1, 3, 512, 512], chunk_shape: [1, 1, 1, 512, 512], resolutions: 4, nbytes: 10 }],
  });
