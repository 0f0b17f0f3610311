/** What a client tells that comes back: docs/protocol.md, "Resuming". Pure. */
import type { HeldMessage } from "./events.ts";
import { addressOf, type ChunkKey } from "./geometry.ts";
import type { Held } from "./held.ts";

/** A server takes no more on a connection. */
const MOST_CHUNKS = 16_384;
/** A message may be 256 KiB long; a chunk of eight resolutions takes about 32 characters. */
const CHUNKS_A_MESSAGE = 4096;

export interface Holdings {
  /** Of each stored array. */
  readonly resolutions: readonly number[];
  /** "array/shard" whose headers are held, or that are known to be absent. */
  readonly shards: readonly string[];
  readonly absentChunks: ReadonlySet<ChunkKey>;
  readonly held: Held;
}

export function resumption(image: string, version: string, { resolutions, shards, absentChunks, held }: Holdings): HeldMessage[] {
  const messages: HeldMessage[] = [];
  // What was used last is told first: it is what the next view shows.
  const keys = [...[...held.keys()].reverse(), ...absentChunks].slice(0, MOST_CHUNKS);
  const told = new Set<string>();
  for (let start = 0; start < keys.length; start += CHUNKS_A_MESSAGE) {
    const byShard = new Map<string, [number, ...(number | null)[]][]>();
    for (const key of keys.slice(start, start + CHUNKS_A_MESSAGE)) {
      const [array, shard, chunk] = addressOf(key);
      const steps = held.stepsOf(key);
      const known = Array.from({ length: resolutions[array]! }, (_, resolution) => (absentChunks.has(key) ? 0 : steps?.get(resolution) ?? null));
      const name = `${array}/${shard}`;
      const chunks = byShard.get(name);
      if (chunks === undefined) byShard.set(name, [[chunk, ...known]]);
      else chunks.push([chunk, ...known]);
    }
    messages.push(message(image, version, [...byShard]));
    for (const name of byShard.keys()) told.add(name);
  }
  const bare = shards.filter((name) => !told.has(name)).map((name) => [name, []] as const);
  if (bare.length > 0) messages.push(message(image, version, bare));
  return messages;
}

type Chunks = readonly (readonly [number, ...(number | null)[]])[];

function message(image: string, version: string, shards: readonly (readonly [string, Chunks])[]): HeldMessage {
  const named = shards.map(([name, chunks]) => [...(name.split("/").map(Number) as [number, number]), chunks] as const);
  return { type: "held", image, version, shards: named };
}
