/** The plain HTTP part of docs/protocol.md. */
import { Checked } from "./check.ts";
import { parseDescription, type Description } from "./description.ts";
import { DescriptionError, RequestError } from "./errors.ts";

export interface Listed {
  readonly name: string;
  readonly title: string;
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  readonly dtype: string;
  readonly nbytes: number;
}

/** A name's own slashes are part of the address; everything else in it is escaped. */
const escaped = (name: string): string => name.split("/").map(encodeURIComponent).join("/");

export class Server {
  /** @param base the address the viewer was loaded from, or any other server's */
  constructor(private readonly base: string) {}

  async images(signal?: AbortSignal): Promise<Listed[]> {
    const list = new Checked(await this.json("images", signal), "answer", (text) => new DescriptionError(text));
    return list.at("images").list().map((item) => ({
      name: item.at("name").string(),
      title: (item.at("title").missing ? "" : item.at("title").string()) || item.at("name").string(),
      shape: item.at("shape").list().map((size) => size.whole()),
      axes: item.at("axes").list().map((axis) => axis.string()),
      dtype: item.at("dtype").string(),
      nbytes: item.at("nbytes").whole(),
    }));
  }

  async describe(name: string, signal?: AbortSignal): Promise<Description> {
    return parseDescription(await this.json(`image/${escaped(name)}`, signal));
  }

  thumbnail(name: string, size: number): string {
    return this.address(`thumbnail/${escaped(name)}?size=${size}`);
  }

  stream(): string {
    return this.address("stream").replace(/^http/, "ws");
  }

  private address(path: string): string {
    return new URL(path, this.base).href;
  }

  private async json(path: string, signal?: AbortSignal): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(this.address(path), signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new RequestError("The server does not answer.", 0);
    }
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok) return body;
    const told = (body as { error?: unknown } | undefined)?.error;
    throw new RequestError(typeof told === "string" ? told : `The server answered ${response.status}.`, response.status);
  }
}
