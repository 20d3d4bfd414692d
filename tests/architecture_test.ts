import { assertEquals } from "@std/assert";
import { type Room, ROOMS } from "./helpers/rooms.ts";
import {
  IGNORED_FOLDERS,
  listFiles,
  scanSource,
  type SourceScan,
} from "./helpers/source_scan.ts";

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 60;
const PRIVATE_FIELDS_MAX = 12;

const GENERATED = ["src/framing/core_wasm.ts"];

const TOP_FOLDERS = [".ci", "asm", "examples", "findings", "src", "tests"];

/** Constants that the core and the code around it share; the only files of `asm/` that TypeScript imports. */
const SHARED_WITH_ASM = ["asm/status.ts", "asm/wire.ts"];

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

/** Parts of Node, and packages, that reach no further than memory. */
const PURE_MODULES =
  /^node:(buffer|crypto|util)$|^@std\/(assert|bytes)$|^@noble\/curves\//;

const root = new URL("../", import.meta.url);
const texts = new Map<string, string>();
const scans = new Map<string, SourceScan>();
for (const path of await listFiles(root, "", ".ts")) {
  if (GENERATED.includes(path)) continue;
  const text = await Deno.readTextFile(new URL(path, root));
  texts.set(path, text);
  scans.set(path, scanSource(path, text));
}

function roomOf(path: string): Room | undefined {
  return ROOMS.find(({ name }) => path === name || path.startsWith(`${name}/`));
}

/** The files of the module and the command, with their rooms. */
function* filesInRooms(): Generator<[string, SourceScan, Room | undefined]> {
  for (const [path, scan] of scans) {
    if (path === "mod.ts" || path.startsWith("src/")) {
      yield [path, scan, roomOf(path)];
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

Deno.test("every file of src/ is in a room", () => {
  const faults = [...filesInRooms()].filter(([, , room]) => !room);
  assertEquals(faults.map(([path]) => path), []);
});

/** The file at the door of a room: it says what the room is for. */
function doorOf(name: string): string | undefined {
  const [last] = name.split("/").slice(-1);
  return ["mod", last, "main"].map((each) => `${name}/${each}.ts`)
    .find((path) => texts.has(path));
}

Deno.test("each room says at its door what it is for, what it imports, and where data comes in and goes out", () => {
  const faults: string[] = [];
  for (const { name, mayImport } of ROOMS) {
    if (name === "mod.ts") continue;
    const door = doorOf(name);
    if (door === undefined) {
      faults.push(`${name} has no door`);
      continue;
    }
    const [comment = ""] =
      /^(?:\/\*\*[^]*?\*\/|(?:\/\/.*\n)+)/.exec(texts.get(door)!) ?? [];
    const words = comment.replace(/\s*\n\s*(?:\*|\/\/)\s*/g, " ");
    const [, imports = ""] = /This room imports (.*?)\. /.exec(words) ?? [];
    const named = ROOMS.filter((room) => imports.includes(`\`${room.name}\``));
    if (imports === "") faults.push(`${door} does not say what it imports`);
    if (!/\bcomes? in\b/.test(words)) faults.push(`${door}: what comes in?`);
    if (!/\bgo(?:es)? out\b/.test(words)) {
      faults.push(`${door}: what goes out?`);
    }
    const unnamed = mayImport.filter((other) =>
      !named.some((room) => room.name === other)
    );
    faults.push(...unnamed.map((other) => `${door} does not name ${other}`));
    faults.push(
      ...named.filter((room) => !mayImport.includes(room.name))
        .map((room) => `${door} names ${room.name}`),
    );
  }
  assertEquals(faults, []);
});

Deno.test("no arrow between rooms goes upwards", () => {
  const faults = ROOMS.flatMap(({ name, floor, mayImport }) =>
    mayImport
      .filter((other) => roomOf(other)!.floor >= floor)
      .map((other) => `${name} may import ${other}`)
  );
  assertEquals(faults, []);
});

Deno.test("the imports between rooms are those of the map, no more and no fewer", () => {
  const drawn = new Map(ROOMS.map(({ name }) => [name, new Set<string>()]));
  for (const [path, scan, room] of filesInRooms()) {
    for (const target of resolveImports(path, scan)) {
      const name = roomOf(target)?.name ?? target;
      if (name !== room?.name) drawn.get(room!.name)!.add(name);
    }
  }
  for (const { name, floor } of ROOMS) {
    console.log(
      `floor ${floor}  ${name} -> ${
        [...drawn.get(name)!].sort().join(" ") || "nothing"
      }`,
    );
  }
  assertEquals(
    ROOMS.map(({ name }) => [name, [...drawn.get(name)!].sort()]),
    ROOMS.map(({ name, mayImport }) => [name, mayImport.toSorted()]),
  );
});

Deno.test("asm/ imports nothing but asm/, what it shares with TypeScript nothing at all", () => {
  const faults: string[] = [];
  for (const [path, scan] of scans) {
    if (path.startsWith("src/")) {
      const targets = resolveImports(path, scan);
      faults.push(
        ...targets
          .filter((target) =>
            target.startsWith("asm/") && !SHARED_WITH_ASM.includes(target)
          )
          .map((target) => `${path} imports ${target}`),
      );
    }
    if (!path.startsWith("asm/")) continue;
    const wrong = scan.imports.filter((specifier) =>
      SHARED_WITH_ASM.includes(path) || !specifier.startsWith("./")
    );
    faults.push(...wrong.map((specifier) => `${path} imports ${specifier}`));
  }
  assertEquals(faults, []);
});

Deno.test("no imports go in circles", () => {
  assertEquals(findCycle(), []);
});

Deno.test("only runtime, transports, directory and command reach beyond the process", () => {
  const faults: string[] = [];
  for (const [path, scan, room] of filesInRooms()) {
    if (room?.mayDoIo) continue;
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
  for (const [path, scan, room] of filesInRooms()) {
    if (!room?.isSansIo) continue;
    if (scan.isAsync) faults.push(`${path}: async`);
    const names = CLOCK_NAMES.filter((name) => scan.names.has(name));
    faults.push(...names.map((name) => `${path}: ${name}`));
  }
  assertEquals(faults, []);
});

Deno.test("only src/framing/core.ts touches WebAssembly", () => {
  const faults = [...filesInRooms()].filter(([path, scan]) =>
    path !== "src/framing/core.ts" && scan.names.has("WebAssembly")
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

Deno.test("no class keeps more than a reader keeps in mind", () => {
  const faults: string[] = [];
  for (const [path, scan] of filesInRooms()) {
    for (const { line, privateFieldCount } of scan.classes) {
      if (privateFieldCount <= PRIVATE_FIELDS_MAX) continue;
      faults.push(`${path}:${line}: ${privateFieldCount} private fields`);
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
