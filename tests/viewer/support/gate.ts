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

  /** Lets one message through, if one comes within `milliseconds`. @returns its size, 0 for an event; undefined when none came */
  async pass(milliseconds: number): Promise<number | undefined> {
    if (this.open) throw new Error("the gate is open: nothing is held that could be let through");
    if (this.held.length === 0) await this.arrival(milliseconds);
    const message = this.held.shift();
    if (message === undefined) return undefined;
    this.socket!.send(message);
    return typeof message === "string" ? 0 : message.length;
  }

  /** Ends the connection as a network does that fails; the viewer will connect anew. */
  async cut(): Promise<void> {
    this.held.length = 0;
    await this.server?.close();
    await this.socket?.close();
  }

  private connect(socket: WebSocketRoute): void {
    this.held.length = 0; // what was held was for another page
    this.socket = socket;
    const server = (this.server = socket.connectToServer());
    server.onMessage((sent) => {
      if (socket !== this.socket) return;
      const message = typeof sent === "string" ? sent : this.spoil(sent);
      if (this.open) return socket.send(message);
      this.held.push(message);
      this.arrived?.();
    });
  }

  private arrival(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.arrived = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
