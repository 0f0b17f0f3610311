/** A slow line: a proxy that lets so many bits a second through, and each of them late. */
import { createServer, connect, type AddressInfo, type Socket } from "node:net";

export interface Link {
  readonly address: string;
  /** That came to the browser so far. */
  nbytes(): number;
  stop(): Promise<void>;
}

/** @param address the server's; `bitsPerSecond` towards the browser, `roundTripMs` half of it each way */
export async function slowLink(address: string, bitsPerSecond: number, roundTripMs: number): Promise<Link> {
  const { hostname, port } = new URL(address);
  let total = 0;
  let freeAt = 0; // when the line has sent all it was given
  const sockets = new Set<Socket>();
  const late = (to: Socket, data: Buffer, at: number): void => void setTimeout(() => to.writable && to.write(data), at - performance.now());
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const one of [near, far]) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => one.destroy());
      one.on("close", () => sockets.delete(one));
    }
    const connectedAt = performance.now() + roundTripMs; // its handshake went there and back
    near.on("data", (data: Buffer) => late(far, data, Math.max(performance.now(), connectedAt) + roundTripMs / 2));
    far.on("data", (data: Buffer) => {
      total += data.length;
      freeAt = Math.max(freeAt, performance.now()) + (data.length * 8000) / bitsPerSecond;
      late(near, data, freeAt + roundTripMs / 2);
      // The line's queue is short: what does not fit waits at the sender.
      far.pause();
      setTimeout(() => far.resume(), Math.max(0, freeAt - performance.now() - 20));
    });
    near.on("end", () => setTimeout(() => far.end(), roundTripMs / 2));
    far.on("end", () => setTimeout(() => near.end(), Math.max(0, freeAt - performance.now()) + roundTripMs / 2));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, nbytes: () => total, stop };
}
