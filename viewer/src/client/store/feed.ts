/**
 * A server's stream without a server: the packets of a view, read by byte ranges from any store that speaks HTTP. Stage by stage the
 * whole view gets better, in a stage what lies in the middle first.
 */
import type { Description } from "../description.ts";
import { DamagedError, RequestError, StoreError, ZigguratError } from "../errors.ts";
import type { ChunkAddress, View } from "../events.ts";
import type { Feed, FeedListener } from "../feed.ts";
import { shardCoordinates } from "../geometry.ts";
import type { Span } from "../plan.ts";
import { takeHeader, type Record } from "../records.ts";
import { Cursor } from "../varint.ts";
import type { Bytes } from "./bytes.ts";
import type { Fronts } from "./fronts.ts";
import { nbytesOf, Shard, stored } from "./shard.ts";
import { OVERVIEW, rangesOf, stepOf, stepsOf, wantsOf, type Stage, type Want } from "./wants.ts";

/** Header, nearly always the index, and the start of the coarse part: pyramid/ziggurat/shards.py. */
const FIRST_READ_NBYTES = 24 * 1024;
/** Browsers open no more connections than this to one HTTP/1.1 server. */
const REQUESTS_AT_ONCE = 6;
/** Eight times what can be seen at first, then what can be seen. */
const STAGES: readonly Stage[] = [{ short: 3 }, { short: 0 }];
/** Memory for indexes that are not in view: about 700 shards, 11 gigapixels. */
const INDEX_BUDGET_NBYTES = 64e6;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;

interface Job {
  readonly shard: Shard;
  readonly span: Span;
  /** Undefined: the front of a shard that nothing is known of. */
  readonly chunks: ReadonlySet<number> | undefined;
}

/** A view on its way. */
interface Run {
  readonly id: number;
  readonly view: View;
  readonly wants: readonly Want[];
  readonly stages: Stage[];
  /** The one that is worked on; undefined while the shards' indexes are read. */
  stage: Stage | undefined;
  queue: Job[];
}

export interface FeedWays {
  /** Runs `later` after `milliseconds`. */
  wait(later: () => void, milliseconds: number): void;
}

export class StoreFeed implements Feed {
  private readonly shards = new Map<string, Shard>(); // in the order of last use
  private readonly flying = new Map<Job, AbortController>();
  private run: Run | undefined;
  private lastId = 0;
  private waitMs = FIRST_WAIT_MS;
  private resting = false;
  private closed = false;

  constructor(
    private readonly description: Description,
    private readonly bytes: Bytes,
    private readonly fronts: Fronts,
    private readonly ways: FeedWays,
    private readonly listener: FeedListener,
  ) {}

  get nextId(): number {
    return this.lastId + 1;
  }

  show(view: View): number {
    const id = ++this.lastId;
    // What is said while the caller waits for the id would come too early.
    queueMicrotask(() => this.begin(id, view));
    return id;
  }

  forget(_image: string, chunks: readonly ChunkAddress[]): void {
    for (const [array, shard, chunk] of chunks) this.shards.get(`${array}/${shard}`)?.forget(chunk);
  }

  close(): void {
    this.closed = true;
    for (const abort of this.flying.values()) abort.abort();
  }

  private begin(id: number, view: View): void {
    if (this.closed || id !== this.lastId) return;
    if (id === 1) this.listener.event({ type: "opened", image: view.image, handle: 0, version: undefined, held: 0 });
    try {
      const wants = wantsOf(this.description, view, (array, shard) => this.shard(array, shard));
      this.run = { id, view, wants, stages: view.exact ? [...STAGES, "exact"] : [...STAGES], stage: undefined, queue: [] };
    } catch (error) {
      return this.refuse(id, error);
    }
    this.drop(this.run.wants);
    this.run.queue = frontsOf(this.run.wants).filter(({ shard }) => ![...this.flying.keys()].some((job) => job.shard === shard && job.chunks === undefined));
    this.pump();
  }

  private shard(array: number, ordinal: number): Shard {
    const name = `${array}/${ordinal}`;
    const known = this.shards.get(name);
    this.shards.delete(name);
    const { path } = this.description.arrays[array]!;
    const key = [path, "c", ...shardCoordinates(this.description.arrays[array]!, ordinal)].join("/");
    const shard = known ?? new Shard(array, ordinal, key);
    this.shards.set(name, shard);
    return shard;
  }

  /** Ends what the view does not want, and forgets indexes used long ago. */
  private drop(wants: readonly Want[]): void {
    for (const [job, abort] of this.flying) {
      const useful = wants.some(({ shard, chunks }) => shard === job.shard && (job.chunks === undefined || [...job.chunks].some((chunk) => chunks.has(chunk))));
      if (useful) continue;
      abort.abort();
      this.flying.delete(job);
    }
    const inView = new Set(wants.map(({ shard }) => shard));
    const idle = [...this.shards.values()].filter((shard) => shard.stored && !inView.has(shard));
    let nbytes = idle.reduce((sum, { stored: own }) => sum + nbytesOf(own!), 0);
    for (const shard of idle) {
      if (nbytes <= INDEX_BUDGET_NBYTES) break;
      nbytes -= nbytesOf(shard.stored!);
      shard.stored = undefined;
    }
  }

  private pump(): void {
    const { run } = this;
    if (run === undefined || this.closed || this.resting) return;
    while (this.flying.size < REQUESTS_AT_ONCE) {
      const job = run.queue.shift();
      if (job !== undefined) void this.fetch(job);
      else if (!this.stageDone(run) || !this.nextStage(run)) return;
    }
  }

  private stageDone({ stage, wants }: Run): boolean {
    return stage === undefined ? wants.every(({ shard }) => shard.stored !== undefined) : this.flying.size === 0;
  }

  /** @returns whether there is one */
  private nextStage(run: Run): boolean {
    if (run.stage !== undefined) this.ended(run, run.stage);
    run.stage = run.stages.shift();
    if (run.stage === undefined) {
      this.run = undefined;
      const exact = run.wants.every((want) => want.shard.trouble === undefined && (want.spare === OVERVIEW || !want.shard.stored || stepsOf(want, run.view.exact ? "exact" : { short: 0 }).every((step) => step === 0)));
      this.listener.event({ type: "done", id: run.id, exact });
      return false;
    }
    for (const { shard, chunks } of run.wants) {
      if (shard.trouble !== undefined) continue;
      const records = shard.preamble();
      if (shard.stored) records.push(...shard.packetsIn(0, shard.stored.head, 0, chunks).records);
      this.tell(records, 0);
    }
    const coming = (shard: Shard): Span[] => [...this.flying.keys()].flatMap((job) => (job.shard === shard ? [job.span] : []));
    run.queue = rangesOf(run.wants, run.stage, coming);
    return true;
  }

  /** All of a stage is there. */
  private ended(run: Run, stage: Stage): void {
    let [maxError, last] = [0, 0];
    for (const want of run.wants) {
      const { shard, decode, chunks } = want;
      if (!shard.stored || shard.trouble !== undefined) continue;
      const step = stepOf(want, stage);
      const steps = stepsOf(want, stage);
      this.tell([...chunks.keys()].flatMap((chunk) => shard.endOf(chunk, decode, steps)), 0);
      const { errors, resolutions } = shard.stored.index;
      // Where resolutions end apart only their tiles can tell.
      const told = steps.every((each) => each === step) ? errors[Math.min(decode, resolutions - 1)]![step]! : Infinity;
      if (shard.array === this.description.levels[run.view.level]!.array) maxError = Math.max(maxError, told);
      last = Math.max(last, step);
    }
    this.listener.event({ type: "reached", id: run.id, step: last, maxError });
  }

  private async fetch(job: Job): Promise<void> {
    const abort = new AbortController();
    this.flying.set(job, abort);
    try {
      await (job.chunks === undefined ? this.readFront(job.shard, abort.signal) : this.readRange(job, abort.signal));
      this.recovered();
    } catch (error) {
      if (!abort.signal.aborted) this.failed(job, error);
    } finally {
      this.flying.delete(job);
      this.pump();
    }
  }

  private async readFront(shard: Shard, signal: AbortSignal): Promise<void> {
    let head: Uint8Array = new Uint8Array();
    const taken = (soFar: Uint8Array, fresh: number): void => {
      head = soFar;
      this.tell([], fresh);
    };
    await this.bytes.range(shard.key, 0, FIRST_READ_NBYTES, signal, taken);
    if (head.length === 0) {
      shard.stored = null;
      return;
    }
    const front = this.fronts.nbytes(head);
    if (front > head.length && head.length === FIRST_READ_NBYTES) {
      const first = head;
      let rest: Uint8Array = new Uint8Array();
      await this.bytes.range(shard.key, first.length, front, signal, (soFar, fresh) => {
        rest = soFar;
        this.tell([], fresh);
      });
      head = new Uint8Array(first.length + rest.length);
      head.set(first);
      head.set(rest, first.length);
    }
    const index = this.fronts.index(head.subarray(0, front));
    shard.stored = stored(takeHeader(new Cursor(head)).slice(), index, head);
  }

  private async readRange({ shard, span: [start, stop] }: Job, signal: AbortSignal): Promise<void> {
    let from = 0;
    let nbytes = 0;
    await this.bytes.range(shard.key, start, stop, signal, (soFar, fresh) => {
      const { records, next } = shard.packetsIn(start, soFar, from);
      from = next;
      nbytes = soFar.length;
      this.tell(records, fresh);
    });
    if (nbytes < stop - start) throw new DamagedError("the object ends early");
  }

  private failed(job: Job, error: unknown): void {
    const { shard } = job;
    const passing = error instanceof StoreError ? error.passing : error instanceof RequestError ? error.status >= 500 || error.status === 429 : !(error instanceof ZigguratError);
    if (passing) return this.rest(job);
    if (error instanceof StoreError) return this.refuse(this.lastId, error);
    shard.trouble = (error as ZigguratError).message;
    shard.stored ??= null;
    const message = `${shard.key}: ${shard.trouble}`;
    this.listener.event({ type: "error", id: this.lastId, kind: "store", message, chunk: undefined, shard: [shard.array, shard.ordinal] });
  }

  private refuse(id: number, error: unknown): void {
    this.run = undefined;
    const message = error instanceof Error ? error.message : String(error);
    this.listener.event({ type: "error", id, kind: "store", message, chunk: undefined, shard: undefined });
  }

  /** Waits, and tries again: what was read is kept. */
  private rest(job: Job): void {
    this.run?.queue.unshift(job);
    if (this.resting) return;
    this.resting = true;
    this.listener.connected(false);
    this.ways.wait(() => {
      this.resting = false;
      this.pump();
    }, this.waitMs);
    this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
  }

  private recovered(): void {
    if (this.waitMs === FIRST_WAIT_MS) return;
    this.waitMs = FIRST_WAIT_MS;
    this.listener.connected(true);
  }

  private tell(records: Record[], nbytes: number): void {
    if (this.closed || (records.length === 0 && nbytes === 0)) return;
    this.listener.message({ viewId: this.lastId, handle: 0, records }, nbytes);
  }
}

/** What has to be read first of shards that nothing is known of. */
function frontsOf(wants: readonly Want[]): Job[] {
  const unknown = new Set(wants.flatMap(({ shard }) => (shard.stored === undefined ? [shard] : [])));
  return [...unknown].map((shard) => ({ shard, span: [0, FIRST_READ_NBYTES], chunks: undefined }));
}
