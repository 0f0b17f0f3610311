/** Opens an image that lies in a store: any folder that an HTTP server or an object store sends, no server of ours needed. */
import { parseDescription, type Description } from "../description.ts";
import type { Feed, FeedListener } from "../feed.ts";
import { Bytes, type Fetch } from "./bytes.ts";
import { StoreFeed, type FeedWays } from "./feed.ts";
import { loadFronts } from "./fronts.ts";
import { consolidated, datasetPaths, describeGroup, labelAddresses } from "./group.ts";

export interface StoreWays extends FeedWays {
  readonly fetch: Fetch;
}

export interface OpenedStore {
  readonly description: Description;
  readonly feed: (listener: FeedListener) => Feed;
}

/**
 * @param address of the image's group: the folder that holds its zarr.json
 * @throws StoreError, RequestError or DescriptionError, which say what is wrong
 */
export async function openStore(address: string, module: WebAssembly.Module, ways: StoreWays, signal: AbortSignal): Promise<OpenedStore> {
  const bytes = new Bytes(address, ways.fetch);
  const labels = bytes.json("labels/zarr.json", signal).then((listed) => labelAddresses(address, listed)).catch(() => []); // most images have none
  const [group, fronts] = await Promise.all([bytes.json("zarr.json", signal), loadFronts(module)]);
  const documents = consolidated(group) ?? Object.fromEntries(await Promise.all(datasetPaths(group).map(async (path) => [path, await bytes.json(`${path}/zarr.json`, signal)])));
  const description = parseDescription({ ...describeGroup(address, group, documents), label_images: await labels });
  return { description, feed: (listener) => new StoreFeed(description, bytes, fronts, ways, listener) };
}
