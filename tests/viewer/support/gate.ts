/** Stands between the viewer and the server's stream, and lets messages through when told to: so every stage can be looked at. */
import type { Page, WebSocketRoute } from "playwright-core";

export class Gate {
  private readonly held: (string | Buffer)[] = [];
  private socket: WebSocketRoute | undefined;
  private server: WebSocketRoute | undefined;
  private open = false;
  private arrived: (() => void) | undefined;
  /** What becomes of binary messages on the way. */
  spoil: (message: Buffer) => Buffer = (message) => message;

  static async before(page: Page): Promise<Gate> {
    const gate = new Gate();
    await page.routeWebSocket("**/stream", (socket) => gate.connect(socket));
    return gate;
  }

  /** Everything from now on, and what is held. */
  release(): void {
    this.open = true;
    for (const message of this.held.splice(0)) this.socket?.send(message);
  }

  /** Nothing from now on. */
  hold(): void {
    this.open = false;
  }

  /** Lets messages through up to and with the next binary one. @returns its size; 0 when the server was done before one came */
  async next(): Promise<number> {
    for (;;) {
      const message = await this.take();
      this.socket!.send(message);
      if (typeof message !== "string") return message.length;
      if ((JSON.parse(message) as { type: string }).type === "done") return 0;
    }
  }

  /** Ends the connection as a network does that fails; the viewer will connect anew. */
  async cut(): Promise<void> {
    this.held.length = 0;
    await this.server?.close();
    await this.socket?.close();
  }

  private connect(socket: WebSocketRoute): void {
    this.socket = socket;
    const server = (this.server = socket.connectToServer());
    server.onMessage((sent) => {
      const message = typeof sent === "string" ? sent : this.spoil(sent);
      if (this.open) return socket.send(message);
      this.held.push(message);
      this.arrived?.();
    });
  }

  private async take(): Promise<string | Buffer> {
    while (this.held.length === 0) await new Promise<void>((resolve) => (this.arrived = resolve));
    return this.held.shift()!;
  }
}
