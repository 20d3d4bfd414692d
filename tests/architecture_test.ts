import { assertEquals } from "@std/assert";
import {
  IGNORED_FOLDERS,
  listFiles,
  scanSource,
  type SourceScan,
} from "./helpers/source_scan.ts";

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

const GENERATED = ["src/core_wasm.ts"];

const TOP_FOLDERS = [".ci", "asm", "examples", "src", "tests"];

interface Layer {
  name: string;
  files: RegExp;
  mayImport: string[];
  /** Whether its files may reach beyond the process: `Deno.`, sockets, packages that do. */
  mayDoIo?: boolean;
  /** Whether its files hold state and rules alone: nothing asynchronous, no clock, no randomness. */
  isSansIo?: boolean;
}

/** The layers from top to bottom. A file belongs to the first that matches, and may import from its own layer too. */
const LAYERS: Layer[] = [
  {
    name: "peer",
    files: /^src\/peer(\.ts$|\/)/,
    mayImport: [
      "mod",
      "talk",
      "directory",
      "certificate",
      "handshake",
      "framing",
      "leaf",
    ],
    mayDoIo: true,
  },
  {
    name: "talk",
    files: /^src\/talk(\.ts$|\/)/,
    mayImport: ["mod", "leaf"],
  },
  {
    name: "mod",
    files: /^mod\.ts$/,
    mayImport: ["connect", "connection", "handshake", "leaf"],
  },
  {
    name: "directory",
    files: /^src\/directory(\.ts$|\/)/,
    mayImport: ["leaf"],
    mayDoIo: true,
  },
  {
    name: "certificate",
    files: /^src\/certificate\.ts$/,
    mayImport: ["transport", "leaf"],
  },
  {
    name: "connect",
    files: /^src\/(connect|listen|lookup|picking)\.ts$/,
    mayImport: ["connection", "transport", "directory", "leaf"],
  },
  {
    name: "connection",
    files:
      /^src\/(connection|deadlines|driver|establish|listener|message|sending|sources|yield)\.ts$/,
    mayImport: ["session", "handshake", "accounting", "leaf"],
  },
  {
    name: "transport",
    files: /^src\/transport\//,
    mayImport: ["leaf"],
    mayDoIo: true,
  },
  {
    name: "session",
    files: /^src\/(session|exchange|receiving)\.ts$/,
    mayImport: ["handshake", "accounting", "framing", "core", "leaf"],
    isSansIo: true,
  },
  {
    name: "accounting",
    files:
      /^src\/(inbox|outbox|incoming_message|outgoing_message|whole_run|quiet_buffer|quiet_reader|kept_reader|byte_queue)\.ts$/,
    mayImport: ["framing", "core", "leaf"],
    isSansIo: true,
  },
  {
    name: "handshake",
    files: /^src\/handshake(\.ts$|\/)/,
    mayImport: ["leaf"],
    isSansIo: true,
  },
  {
    name: "framing",
    files:
      /^src\/(framing|packetizer|reassembler|records|packet_buffer|message_ids|part_index)\.ts$/,
    mayImport: ["core", "leaf"],
    isSansIo: true,
  },
  {
    name: "core",
    files: /^src\/core(_wasm)?\.(ts|wasm)$/,
    mayImport: ["leaf"],
    isSansIo: true,
  },
  {
    name: "leaf",
    files:
      /^src\/(errors|limits|events|method|text|assert|transport)\.ts$|^asm\/(wire|status)\.ts$/,
    mayImport: [],
    isSansIo: true,
  },
];

const IO_NAMES = ["Deno", "WebSocket", "fetch", "process"];

const CLOCK_NAMES = [
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "queueMicrotask",
  "Math.random",
  "crypto",
];

/** Parts of Node that reach no further than memory. */
const PURE_MODULES = /^node:(buffer|crypto|util)$|^@std\/(assert|bytes)$/;

const root = new URL("../", import.meta.url);
const texts = new Map<string, string>();
const scans = new Map<string, SourceScan>();
for (const path of await listFiles(root, "", ".ts")) {
  if (GENERATED.includes(path)) continue;
  const text = await Deno.readTextFile(new URL(path, root));
  texts.set(path, text);
  scans.set(path, scanSource(path, text));
}

function layerOf(path: string): Layer | undefined {
  return LAYERS.find(({ files }) => files.test(path));
}

/** The files of the module and the command, with their layers. */
function* layeredFiles(): Generator<[string, SourceScan, Layer | undefined]> {
  for (const [path, scan] of scans) {
    if (path === "mod.ts" || path.startsWith("src/")) {
      yield [path, scan, layerOf(path)];
    }
  }
}

function resolveImports(path: string, scan: SourceScan): string[] {
  return scan.imports
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) =>
      new URL(specifier, new URL(path, root)).href.slice(root.href.length)
    )
    .map((target) => /\.\w+$/.test(target) ? target : `${target}.ts`);
}

function findCycle(): string[] {
  const done = new Set<string>();
  function visit(path: string, trail: string[]): string[] {
    if (trail.includes(path)) {
      return [...trail.slice(trail.indexOf(path)), path];
    }
    if (done.has(path)) return [];
    done.add(path);
    const scan = scans.get(path);
    for (const target of scan ? resolveImports(path, scan) : []) {
      const cycle = visit(target, [...trail, path]);
      if (cycle.length > 0) return cycle;
    }
    return [];
  }
  for (const path of scans.keys()) {
    const cycle = visit(path, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

Deno.test("every file of src/ belongs to a layer", () => {
  const faults = [...layeredFiles()].filter(([, , layer]) => !layer);
  assertEquals(faults.map(([path]) => path), []);
});

Deno.test("no file imports from a layer above its own", () => {
  const faults: string[] = [];
  for (const [path, scan, layer] of layeredFiles()) {
    for (const target of resolveImports(path, scan)) {
      const name = layerOf(target)?.name ?? "none";
      if (name !== layer?.name && !layer?.mayImport.includes(name)) {
        faults.push(`${path} (${layer?.name}) imports ${target} (${name})`);
      }
    }
  }
  assertEquals(faults, []);
});

Deno.test("asm/ imports nothing but asm/, its constants nothing at all", () => {
  const faults: string[] = [];
  for (const [path, scan] of scans) {
    if (!path.startsWith("asm/")) continue;
    const isLeaf = layerOf(path)?.name === "leaf";
    const wrong = scan.imports.filter((specifier) =>
      isLeaf || !specifier.startsWith("./")
    );
    faults.push(...wrong.map((specifier) => `${path} imports ${specifier}`));
  }
  assertEquals(faults, []);
});

Deno.test("no imports go in circles", () => {
  assertEquals(findCycle(), []);
});

Deno.test("only transports, directory and command reach beyond the process", () => {
  const faults: string[] = [];
  for (const [path, scan, layer] of layeredFiles()) {
    if (layer?.mayDoIo) continue;
    const names = IO_NAMES.filter((name) => scan.names.has(name));
    const modules = scan.imports.filter((specifier) =>
      !specifier.startsWith(".") && !PURE_MODULES.test(specifier)
    );
    faults.push(...[...names, ...modules].map((name) => `${path}: ${name}`));
  }
  assertEquals(faults, []);
});

Deno.test("the protocol has nothing asynchronous, no clock and no randomness", () => {
  const faults: string[] = [];
  for (const [path, scan, layer] of layeredFiles()) {
    if (!layer?.isSansIo) continue;
    if (scan.isAsync) faults.push(`${path}: async`);
    const names = CLOCK_NAMES.filter((name) => scan.names.has(name));
    faults.push(...names.map((name) => `${path}: ${name}`));
  }
  assertEquals(faults, []);
});

Deno.test("only src/core.ts touches WebAssembly", () => {
  const faults = [...layeredFiles()].filter(([path, scan]) =>
    path !== "src/core.ts" && scan.names.has("WebAssembly")
  );
  assertEquals(faults.map(([path]) => path), []);
});

Deno.test("files and functions are short", () => {
  const faults: string[] = [];
  for (const [path, scan] of scans) {
    const lineCount = texts.get(path)!.trimEnd().split("\n").length;
    if (lineCount > FILE_LINES_MAX) faults.push(`${path}: ${lineCount} lines`);
    for (const { line, lineCount } of scan.functions) {
      if (lineCount <= FUNCTION_LINES_MAX) continue;
      faults.push(`${path}:${line}: a function of ${lineCount} lines`);
    }
  }
  assertEquals(faults, []);
});

Deno.test("functions at the top level are declarations, and nothing is a default export", () => {
  const faults: string[] = [];
  for (const [path, scan] of scans) {
    faults.push(
      ...scan.topLevelArrows.map((line) => `${path}:${line}: arrow function`),
    );
    if (scan.hasDefaultExport) faults.push(`${path}: default export`);
  }
  assertEquals(faults, []);
});

Deno.test("file names are in snake_case, and no work is left for later", () => {
  const faults: string[] = [];
  for (const [path, text] of texts) {
    if (!/^([a-z0-9_]+\/)*[a-z0-9_]+\.ts$/.test(path)) faults.push(path);
    const lines = text.split("\n");
    lines.forEach((line, index) => {
      if (/\b(T[O]DO|F[I]XME|X[X]X)\b/.test(line)) {
        faults.push(`${path}:${index + 1}: ${line.trim()}`);
      }
    });
  }
  assertEquals(faults, []);
});

Deno.test("every entry point has a module doc", async () => {
  const config = await Deno.readTextFile(new URL("deno.json", root));
  const paths = Object.values<string>(JSON.parse(config).exports)
    .map((path) => path.slice("./".length));
  const faults = paths.filter((path) =>
    !/^\/\*\*(?:(?!\*\/)[^])*@module/.test(texts.get(path) ?? "")
  );
  assertEquals(faults, []);
});

Deno.test("the top level has no further folders", async () => {
  const faults: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root)) {
    if (!isDirectory || IGNORED_FOLDERS.includes(name)) continue;
    if (!TOP_FOLDERS.includes(name)) faults.push(name);
  }
  assertEquals(faults, []);
});
