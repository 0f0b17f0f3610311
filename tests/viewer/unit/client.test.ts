import { afterEach, describe, expect, it, vi } from "vitest";
import * as client from "../../../viewer/src/client/index.ts";
import { mosaicJson } from "../support/descriptions.ts";

it("exports what is documented, and nothing by accident", () => {
  expect(Object.keys(client).sort()).toEqual([
    "DamagedError",
    "DescriptionError",
    "ProtocolError",
    "Refiner",
    "RequestError",
    "Server",
    "Session",
    "StoreError",
    "Stream",
    "ZigguratError",
    "chunksInRegion",
    "isAddress",
    "levelSize",
    "loadCodec",
    "openStore",
    "parseDescription",
    "planeOf",
  ]);
});

describe("Server", () => {
  const server = new client.Server("http://localhost:1234/viewer/");
  const answer = (status: number, body: unknown) => vi.stubGlobal("fetch", async () => Response.json(body, { status }));
  afterEach(() => void vi.unstubAllGlobals());

  it("keeps the slashes of a name and escapes all else", async () => {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (address: string) => {
      asked.push(address);
      return Response.json(mosaicJson());
    });
    await server.describe("plate 1/a?b#c.zarr");
    expect(asked).toEqual(["http://localhost:1234/viewer/image/plate%201/a%3Fb%23c.zarr"]);
    expect(server.thumbnail("a b", 64)).toBe("http://localhost:1234/viewer/thumbnail/a%20b?size=64");
    expect(server.stream()).toBe("ws://localhost:1234/viewer/stream");
  });

  it("passes on the server's own words, and its status", async () => {
    answer(404, { error: "there is no image nowhere.zarr", kind: "not_found" });
    await expect(server.describe("nowhere.zarr")).rejects.toMatchObject({ name: "RequestError", status: 404, message: "there is no image nowhere.zarr" });
    answer(502, "<html>");
    await expect(server.images()).rejects.toMatchObject({ status: 502, message: "The server answered 502." });
  });

  it("says so when there is no answer, and stays silent about what was given up", async () => {
    const refuse = async () => Promise.reject(new TypeError("Failed to fetch"));
    vi.stubGlobal("fetch", refuse);
    await expect(server.images()).rejects.toMatchObject({ name: "RequestError", status: 0 });
    await expect(server.images(AbortSignal.abort())).rejects.toBeInstanceOf(TypeError);
  });

  it("refuses a list that is none", async () => {
    answer(200, { images: [{ name: "a" }] });
    await expect(server.images()).rejects.toMatchObject({ name: "DescriptionError", message: "answer.images[0].shape is not a list" });
  });
});
