/** Where the bytes of a view stream go: by what was done, by level and by step of precision. */
import type { Page } from "playwright-core";
import { parseMessage } from "../../../viewer/src/client/records.ts";

interface Entry {
  readonly stage: string;
  /** Of the image; undefined for what is no packet. */
  readonly level: number | undefined;
  readonly step: number;
  readonly nbytes: number;
}

export class Ledger {
  /** What is being done now. */
  stage = "";
  private readonly entries: Entry[] = [];

  /** @param levels of the stored arrays */
  constructor(page: Page, levels: readonly number[]) {
    page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => {
        if (typeof payload !== "string") this.take(payload, levels);
      }),
    );
  }

  get stages(): string[] {
    return [...new Set(this.entries.map(({ stage }) => stage))];
  }

  nbytes(stage?: string): number {
    return this.entries.filter((entry) => stage === undefined || entry.stage === stage).reduce((sum, { nbytes }) => sum + nbytes, 0);
  }

  /** Kilobytes: a row a level, a column a step. */
  table(): string {
    const packets = this.entries.filter(({ level }) => level !== undefined);
    const steps = [...new Set(packets.map(({ step }) => step))].sort((a, b) => b - a);
    const levels = [...new Set(packets.map(({ level }) => level!))].sort((a, b) => b - a);
    const sum = (found: readonly Entry[]): string => (found.reduce((total, { nbytes }) => total + nbytes, 0) / 1000).toFixed(0).padStart(7);
    const row = (name: string, found: readonly Entry[]): string => name.padEnd(10) + steps.map((step) => sum(found.filter((entry) => entry.step === step))).join("") + sum(found);
    return [
      "step".padEnd(10) + steps.map((step) => String(step).padStart(7)).join("") + "    all",
      ...levels.map((level) => row(`level ${level}`, packets.filter((entry) => entry.level === level))),
      row("all", packets),
    ].join("\n");
  }

  private take(message: Buffer, levels: readonly number[]): void {
    let rest = message.length;
    for (const record of parseMessage(new Uint8Array(message)).records) {
      if (record.kind !== "packet") continue;
      const { array, resolution, step, bytes } = record;
      this.entries.push({ stage: this.stage, level: levels[array]! + resolution, step, nbytes: bytes.length });
      rest -= bytes.length;
    }
    this.entries.push({ stage: this.stage, level: undefined, step: 0, nbytes: rest });
  }
}
