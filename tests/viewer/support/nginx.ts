/** A plain nginx over a folder: what stands where no server of ours does. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NGINX = process.env["ZIGGURAT_NGINX"] ?? "/usr/sbin/nginx";

export const nginxMissing = (): string | undefined => (existsSync(NGINX) || process.env["CI"] === "true" ? undefined : `${NGINX} is not there`);

/** nginx cannot be told to choose a port: one that is free now. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** As docs/protocol.md shows it: CORS is all that a store needs beyond what every web server does. */
const configuration = (folder: string, root: string, port: number): string => `
daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  types { text/html html; text/javascript js; text/css css; application/wasm wasm; application/json json; }
  server {
    listen 127.0.0.1:${port};
    root ${root};
    add_header Access-Control-Allow-Origin * always;
  }
}`;

export interface RunningNginx {
  readonly address: string;
  stop(): Promise<void>;
}

export async function nginx(root: string): Promise<RunningNginx> {
  await chmod(root, 0o755); // nginx that is started by root reads as nobody
  const folder = await mkdtemp(join(tmpdir(), "ziggurat-nginx-"));
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  await writeFile(file, configuration(folder, root, port));
  const child = spawn(NGINX, ["-p", folder, "-e", join(folder, "error.log"), "-c", file], { stdio: "inherit" });
  let ended = false;
  const end = new Promise<void>((resolve) => child.once("exit", () => ((ended = true), resolve())));
  const address = `http://127.0.0.1:${port}/`;
  for (;;) {
    if (ended) throw new Error("nginx did not start");
    if (await fetch(address).catch(() => undefined)) break;
  }
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await end;
    await rm(folder, { recursive: true, force: true });
  };
  return { address, stop };
}
