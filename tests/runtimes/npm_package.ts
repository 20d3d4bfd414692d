/**
 * The package for npm: the modules as JavaScript and declarations, with imports
 * that Node and Bun understand. `deno pack` makes a tarball too, but leaves the
 * names of the import map in the code, needs a registry of its own for what
 * comes from JSR, and has no command.
 *
 * @module
 */
import ts from "typescript";
import { type PackedModule, readGraph } from "./module_graph.ts";

/** Node 22 has no `using`: that is written out. Types are looked at elsewhere: by `deno check`, and by those who use the package. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts"],
  types: [],
  declaration: true,
  noCheck: true,
};

/** Where the compiler is told that the package is. */
const FOLDER = "/package/";

/** The lowest versions, as `src/runtime/mod.ts` has them. */
const ENGINES = { node: ">=22.13", bun: ">=1.4" };

const COMMAND_PATH = "bin/lekt.js";

const COMMAND = `#!/usr/bin/env node
import { runtime, runtimeFault } from "../src/runtime/mod.js";

const fault = runtimeFault(runtime());
if (fault !== undefined) {
  console.error(fault);
  process.exit(2);
}
const { runPeer } = await import("../src/peer/main.js");
process.exit(await runPeer(process.argv.slice(2)));
`;

/** What comes along as it is. */
const PLAIN_FILES = /^(?:LICENSE|.*\.(?:md|svg))$|^examples\//;

/** What of `deno.json` is used. */
interface Config {
  name: string;
  version: string;
  license: string;
  exports: Record<string, string>;
  imports: Record<string, string>;
  publish: { include: string[] };
}

/** The files of the package by their paths. */
export type PackageFiles = Map<string, string>;

/**
 * Builds the package of the project at `root`, whose packages `config` names;
 * throws where an import leads nowhere in it. To find out the types of the
 * declarations takes most of the time: where nobody looks at them they can be
 * left out.
 */
export async function buildPackage(
  root: URL,
  config: string,
  hasDeclarations = true,
): Promise<PackageFiles> {
  const settings: Config = JSON.parse(
    await Deno.readTextFile(new URL(config, root)),
  );
  const graph = await readGraph(
    root,
    config,
    Object.values(settings.exports),
  );
  const dependencies = new Map<string, string>();
  const modules: PackageFiles = new Map(graph.map((module) => [
    packedPath(root, module.url),
    withTargets(root, module, dependencies),
  ]));
  const files = hasDeclarations ? compile(modules) : transpileAll(modules);
  checkImports(files, dependencies);
  files.set(COMMAND_PATH, COMMAND);
  const sideEffects = modulesForEffect(files);
  files.set("package.json", describe(settings, dependencies, sideEffects));
  for (const path of settings.publish.include) {
    await addPlainFiles(root, path, files);
  }
  return files;
}

/** Compiles one module that is no part of the package. */
export function transpile(path: string, text: string): string {
  const { outputText } = ts.transpileModule(text, {
    fileName: path,
    compilerOptions: OPTIONS,
  });
  return outputText;
}

/** JavaScript of all modules. */
function transpileAll(modules: PackageFiles): PackageFiles {
  return new Map(
    [...modules].map(([path, text]) => [
      path.replace(/ts$/, "js"),
      transpile(path, text),
    ]),
  );
}

/** Throws where a module imports by a name that only Deno's import map knows, or a file that is not there. */
function checkImports(
  files: PackageFiles,
  dependencies: Map<string, string>,
): void {
  for (const [path, text] of files) {
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      const [, packageName] = /^((?:@[^/]+\/)?[^/]+)/.exec(fileName)!;
      const isThere = fileName.startsWith(".")
        ? isPacked(new URL(fileName, `file:///${path}`).pathname, files)
        : fileName.startsWith("node:") || dependencies.has(packageName!);
      if (!isThere) throw new Error(`${path} imports ${fileName}`);
    }
  }
}

/** Modules that bundlers must keep although nobody uses a name of theirs, and those that import them: bundlers pass over who only passes names on. */
function modulesForEffect(files: PackageFiles): string[] {
  const paths = new Set<string>();
  for (const [path, text] of files) {
    for (const [, name] of text.matchAll(/^import "(\..+)";$/gm)) {
      paths.add(`./${path}`);
      paths.add(`.${new URL(name!, `file:///${path}`).pathname}`);
    }
  }
  return [...paths].sort();
}

/** Whether there is such a file, or, for declarations, one that declares it. */
function isPacked(pathname: string, files: PackageFiles): boolean {
  const path = pathname.slice(1);
  return files.has(path) || files.has(path.replace(/js$/, "d.ts"));
}

/** JavaScript and declarations of all modules. */
function compile(modules: PackageFiles): PackageFiles {
  const files: PackageFiles = new Map();
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, getSourceFile } = host;
  const textOf = (name: string) => modules.get(name.slice(FOLDER.length));
  host.getCurrentDirectory = () => FOLDER;
  host.directoryExists = () => true;
  host.fileExists = (name) =>
    textOf(name) !== undefined || fileExists.call(host, name);
  host.getSourceFile = (name, language, ...rest) => {
    const text = textOf(name);
    return text === undefined
      ? getSourceFile.call(host, name, language, ...rest)
      : ts.createSourceFile(name, text, language);
  };
  host.writeFile = (name, text) => {
    const unknown = /^(?! *[/*]).*: any\b.*$/m.exec(
      name.endsWith(".d.ts") ? text : "",
    );
    if (unknown) throw new Error(`${name} lacks a type: ${unknown[0]}`);
    files.set(name.slice(FOLDER.length), text);
  };
  const names = [...modules.keys()].map((path) => `${FOLDER}${path}`);
  ts.createProgram(names, OPTIONS, host).emit();
  return files;
}

/** The text with each import leading to a file of the package, or naming a package of npm, which `dependencies` gets. */
function withTargets(
  root: URL,
  { url, text, targets }: PackedModule,
  dependencies: Map<string, string>,
): string {
  const imports = ts.preProcessFile(text, true, true).importedFiles;
  let result = text;
  for (const { fileName, pos } of imports.toSorted((a, b) => b.pos - a.pos)) {
    const target = targets.get(fileName);
    // No declaration shows the types of the core, and none that is exported those of ws.
    if (/\.wasm$/.test(fileName) || /^npm:\/?@types\//.test(target ?? "")) {
      continue;
    }
    if (target === undefined && !fileName.startsWith("node:")) {
      throw new Error(`${url}: nobody knows where ${fileName} leads`);
    }
    const name = target?.startsWith("npm:")
      ? npmName(target, dependencies)
      : target === undefined || target.startsWith("node:")
      ? fileName
      : relativeName(packedPath(root, url), packedPath(root, target));
    // The position is that of the quote.
    const start = text.indexOf(fileName, pos);
    result = result.slice(0, start) + name +
      result.slice(start + fileName.length);
  }
  return result;
}

/** The name of `npm:/NAME@RANGE/PATH` without the range, which `dependencies` gets. */
function npmName(target: string, dependencies: Map<string, string>): string {
  const [, name, range, path = ""] =
    /^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)(\/.+)?$/.exec(target) ?? [];
  if (name === undefined || range === undefined) {
    throw new Error(`Cannot tell the version of ${target}`);
  }
  dependencies.set(name, range);
  return `${name}${path}`;
}

/** Where a module is in the package, still as `.ts`; what is not the project's is in `std/`. */
function packedPath(root: URL, url: string): string {
  const own = url.startsWith(root.href) ? url.slice(root.href.length) : "";
  const [, standIn] = /^tests\/standins\/(.+)$/.exec(own) ?? [];
  if (standIn !== undefined) return `std/${standIn}`;
  if (own !== "") return own;
  const [, name, path] = /\/@std\/([^/]+)\/[^/]+\/(.+)$/.exec(url) ?? [];
  if (name === undefined) throw new Error(`${url} has no place in the package`);
  return `std/${name}/${path}`;
}

function relativeName(from: string, to: string): string {
  const up = from.split("/").slice(0, -1);
  const down = to.split("/");
  while (up.length > 0 && up[0] === down[0]) {
    up.shift();
    down.shift();
  }
  const start = up.length === 0 ? "./" : "../".repeat(up.length);
  return `${start}${down.join("/")}`.replace(/ts$/, "js");
}

function describe(
  { name, version, license, exports }: Config,
  dependencies: Map<string, string>,
  sideEffects: string[],
): string {
  const sorted = [...dependencies].sort(([a], [b]) => a < b ? -1 : 1);
  const description = {
    name,
    version,
    description:
      "Two programs talk directly, in messages of any length that never block each other, once both have agreed to.",
    license,
    type: "module",
    exports: Object.fromEntries(
      Object.entries(exports).map(([key, path]) => [key, {
        types: path.replace(/ts$/, "d.ts"),
        default: path.replace(/ts$/, "js"),
      }]),
    ),
    bin: { lekt: COMMAND_PATH },
    engines: ENGINES,
    sideEffects,
    dependencies: Object.fromEntries(sorted),
  };
  return `${JSON.stringify(description, null, 2)}\n`;
}

async function addPlainFiles(
  root: URL,
  path: string,
  files: PackageFiles,
): Promise<void> {
  const url = new URL(path, root);
  if ((await Deno.stat(url)).isDirectory) {
    for await (const { name } of Deno.readDir(url)) {
      await addPlainFiles(root, `${path}/${name}`, files);
    }
  } else if (PLAIN_FILES.test(path)) {
    files.set(path, await Deno.readTextFile(url));
  }
}
