/** Reads a store over plain HTTP, and says plainly why not. */
import { RequestError, StoreError } from "../errors.ts";

export type Fetch = (address: string, init: RequestInit) => Promise<Response>;

/** What a key holds of what was asked: nothing where there is no such key, or no byte. */
export interface RangeAnswer {
  readonly found: boolean;
}

export class Bytes {
  private readonly base: string;

  /** @param address of the image's group, the folder that holds its zarr.json */
  constructor(
    readonly address: string,
    private readonly fetch: Fetch,
  ) {
    this.base = address.endsWith("/") ? address : `${address}/`;
  }

  /** @throws StoreError where it is not there, or cannot be reached; RequestError for any other answer */
  async json(key: string, signal: AbortSignal): Promise<unknown> {
    const response = await this.ask(key, { signal });
    if (response.status === 404) throw new StoreError(`There is no ${key} at ${this.address}: it is no image, or the address is wrong.`);
    if (!response.ok) throw refused(response);
    try {
      return await response.json();
    } catch (error) {
      if (signal.aborted) throw error;
      throw new StoreError(`${key} at ${this.address} is not JSON: this is no OME-Zarr image.`);
    }
  }

  /**
   * Reads the bytes [start, stop) of an object, fewer where it ends before.
   * @param taken told bytes as they come: from the first one on, all that came so far, and how many are new
   * @throws StoreError where the store cannot be reached or knows no ranges; RequestError for any other answer
   */
  async range(key: string, start: number, stop: number, signal: AbortSignal, taken: (soFar: Uint8Array, fresh: number) => void): Promise<RangeAnswer> {
    const response = await this.ask(key, { signal, headers: { Range: `bytes=${start}-${stop - 1}` } });
    const { status } = response;
    // 416: the object is empty, or ends before `start`.
    if (status === 404 || status === 416) return { found: status === 416 };
    if (status === 200) {
      await response.body?.cancel();
      throw new StoreError("The store sends whole objects when asked for a part: it does not know HTTP ranges.");
    }
    if (status !== 206) throw refused(response);
    await collect(response, stop - start, taken);
    return { found: true };
  }

  private async ask(key: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response> {
    const address = this.base + key.split("/").map(encodeURIComponent).join("/");
    try {
      return await this.fetch(address, init);
    } catch (error) {
      if (init.signal.aborted) throw error;
      throw await this.unreachable(address, init.signal);
    }
  }

  /** Browsers do not tell why: a request that asks for no leave to read the answer succeeds where only that was missing. */
  private async unreachable(address: string, signal: AbortSignal): Promise<StoreError> {
    const { host } = new URL(address);
    try {
      await this.fetch(address, { mode: "no-cors", signal });
    } catch {
      return new StoreError(`${host} does not answer.`, true);
    }
    return new StoreError(`${host} answers, but does not let this page read it: it has to send Access-Control-Allow-Origin (CORS).`);
  }
}

function refused({ status }: Response): RequestError {
  return new RequestError(`The store answered ${status}.`, status);
}

async function collect(response: Response, most: number, taken: (soFar: Uint8Array, fresh: number) => void): Promise<void> {
  const buffer = new Uint8Array(most);
  let nbytes = 0;
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const fits = value.subarray(0, most - nbytes);
    buffer.set(fits, nbytes);
    nbytes += fits.length;
    taken(buffer.subarray(0, nbytes), value.length);
  }
}
