/** A web server over a folder that can be told what not to do, and counts what it is asked. */
import { createReadStream, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export class StaticServer {
  cors = true;
  ranges = true;
  /** Answers instead of a file, by the end of the path. */
  readonly failing = new Map<string, number>();
  readonly asked: { readonly path: string; readonly range: string | undefined }[] = [];
  private constructor(
    private readonly root: string,
    private readonly server: ReturnType<typeof createServer>,
  ) {
    server.on("request", (request, response) => this.answer(request, response));
  }

  static async over(root: string): Promise<StaticServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new StaticServer(root, server);
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer({ url, headers }: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(url!.split("?")[0]!);
    this.asked.push({ path, range: headers.range });
    if (this.cors) response.setHeader("Access-Control-Allow-Origin", "*");
    const status = [...this.failing].find(([end]) => path.endsWith(end))?.[1];
    if (status !== undefined) return void response.writeHead(status).end();
    const file = join(this.root, path);
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) return void response.writeHead(404).end();
    const found = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "");
    if (found === null || !this.ranges) return void createReadStream(file).pipe(response.writeHead(200, { "Content-Length": size }));
    const [start, end] = [Number(found[1]), Math.min(Number(found[2]), size - 1)];
    if (start >= size) return void response.writeHead(416).end();
    response.writeHead(206, { "Content-Length": end - start + 1, "Content-Range": `bytes ${start}-${end}/${size}` });
    createReadStream(file, { start, end }).pipe(response);
  }
}
