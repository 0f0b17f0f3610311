/** What the browser's processes take of the machine: told by Linux, and the same whatever else runs. */
import { readdirSync, readFileSync } from "node:fs";

/** Linux counts processor time in these: `getconf CLK_TCK`. */
const TICK_MS = 10;
const PAGE_NBYTES = 4096;

interface Process {
  readonly parent: number;
  readonly cpuMs: number;
  readonly residentNbytes: number;
}

function processes(): Map<number, Process> {
  const found = new Map<number, Process>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      // After the name, which may hold anything: state, parent, … utime and stime are fields 14 and 15, the resident pages field 24.
      const fields = readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1)!.split(" ");
      const cpuMs = (Number(fields[11]) + Number(fields[12])) * TICK_MS;
      found.set(Number(name), { parent: Number(fields[1]), cpuMs, residentNbytes: Number(fields[21]) * PAGE_NBYTES });
    } catch {
      continue; // it has ended meanwhile
    }
  }
  return found;
}

/** Of all processes that this one has started, and theirs. */
export function taken(): { readonly cpuMs: number; readonly residentNbytes: number } {
  const all = processes();
  const ours = (id: number): boolean => id === process.pid || (all.has(id) && ours(all.get(id)!.parent));
  const own = [...all].filter(([id]) => id !== process.pid && ours(id)).map(([, one]) => one);
  return { cpuMs: own.reduce((sum, { cpuMs }) => sum + cpuMs, 0), residentNbytes: own.reduce((sum, { residentNbytes }) => sum + residentNbytes, 0) };
}
