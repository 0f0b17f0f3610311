/** The real server on images made of real files, and the pixels of those files. `ZIGGURAT_VENV` tells the environment; ../../../.venv else. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const VENV = process.env["ZIGGURAT_VENV"] ?? path("../../../.venv");
const DATA = path("../../../../shared/data");

const ziggurat = join(VENV, "bin/ziggurat");
const interpreter = join(VENV, "bin/python");

/** Why these tests cannot run here; undefined when they can. With CI=true they never stay silent. */
export function missing(...sources: string[]): string | undefined {
  const needed = [ziggurat, path("../../../viewer/dist/index.html"), ...sources.map((source) => join(DATA, source))];
  const absent = needed.find((file) => !existsSync(file));
  return absent === undefined || process.env["CI"] === "true" ? undefined : `${absent} is not there`;
}

export const sharedPath = (source: string): string => resolve(DATA, source);

export interface RunningServer {
  readonly address: string;
  stop(): Promise<void>;
}

/** Ingests images into a folder of their own. @param sources as `serve` takes them; a name that begins with `labels` holds labels */
export async function ingested(sources: { readonly [source: string]: string }): Promise<{ readonly root: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), "ziggurat-root-"));
  for (const [source, name] of Object.entries(sources)) {
    const labels = name.startsWith("labels") ? ["--labels"] : [];
    execFileSync(ziggurat, ["ingest", ...labels, sharedPath(source), join(root, name)], { stdio: "pipe" });
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}

/** @param sources from a name below the shared data, or a path of its own, to the name of its image */
export async function serve(sources: { readonly [source: string]: string }): Promise<RunningServer> {
  const { root, remove } = await ingested(sources);
  const { address, stop } = await serveRoot(root);
  const stopAndRemove = async (): Promise<void> => {
    await stop();
    await remove();
  };
  return { address, stop: stopAndRemove };
}

/** Serves images that are there already. */
export async function serveRoot(root: string): Promise<RunningServer> {
  const child = spawn(ziggurat, ["serve", root, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const address = await firstAddress(child);
  const stop = async (): Promise<void> => {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
  };
  return { address, stop };
}

/** What a Python program writes, run where ziggurat is installed and from the root of the repository. */
export function python(program: string, ...args: string[]): Buffer {
  return execFileSync(interpreter, ["-c", program, ...args], { maxBuffer: 2 ** 28, cwd: path("../../..") });
}

async function firstAddress(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const found = /http:\/\/\S+/.exec(line);
    if (found !== null) return found[0];
  }
  throw new Error("the server ended before it said its address");
}

/** Pixels of a source, as another library reads them: little-endian, in C order. `select` is Python on `array`. */
export function sourcePixels(source: string, select: string): Buffer {
  const program = [
    "import sys, numpy, tifffile",
    "from pathlib import Path",
    "source = Path(sys.argv[1])",
    "files = sorted(source.iterdir()) if source.is_dir() else [source]",
    "read = lambda file: numpy.load(file) if file.suffix == '.npy' else tifffile.imread(file)",
    "array = numpy.stack([read(file) for file in files]) if source.is_dir() else read(source)",
    `array = ${select}`,
    "sys.stdout.buffer.write(numpy.ascontiguousarray(array.astype(array.dtype.newbyteorder('<'))).tobytes())",
  ].join("\n");
  return python(program, sharedPath(source));
}
