/**
 * The runtimes, as packages of npm that hold nothing but the program.
 *
 * @module
 */
import process from "node:process";

/** A runtime that is tried. */
export interface Program {
  /** Its name and version, for people. */
  readonly name: string;
  /** The command line up to the file that is to be run. */
  readonly command: readonly string[];
}

/** Where the programs are kept between runs; `.gitignore` has it. */
const CACHE = new URL("../../.cache/runtimes/", import.meta.url);

/** The versions of Node: the lowest that serves, the last of its line, and the one that most people have. */
export const NODE_VERSIONS = ["22.13.0", "22.23.5", "24.22.3"] as const;

/** The version of Bun. */
export const BUN_VERSION = "1.4.5";

const SYSTEMS: Record<string, string> = { win32: "win" };

/** Deno, which runs this; with a configuration that says where lekt is, or with what npm has installed. */
export function deno(config?: string): Program {
  return {
    name: `Deno ${Deno.version.deno}`,
    command: [
      Deno.execPath(),
      ...["run", "--quiet", "--no-lock", "-A"],
      ...(config === undefined ? [] : [`--config=${config}`]),
    ],
  };
}

/** Node in a version; `undefined` where npm cannot give it. */
export async function node(version: string): Promise<Program | undefined> {
  const { platform, arch } = process;
  const name = `node-${SYSTEMS[platform] ?? platform}-${arch}`;
  const path = await programOf(name, version, "node");
  return path === undefined
    ? undefined
    : { name: `Node ${version}`, command: [path] };
}

/** Bun in a version; `undefined` where npm cannot give it. */
export async function bun(version: string): Promise<Program | undefined> {
  const { platform, arch } = process;
  const system = platform === "win32" ? "windows" : platform;
  const machine = arch === "arm64" ? "aarch64" : arch;
  const path = await programOf(
    `@oven/bun-${system}-${machine}`,
    version,
    "bun",
  );
  return path === undefined
    ? undefined
    : { name: `Bun ${version}`, command: [path, "run"] };
}

async function programOf(
  name: string,
  version: string,
  program: string,
): Promise<string | undefined> {
  const folder = new URL(`${program}-${version}/`, CACHE).pathname;
  const path = `${folder}node_modules/${name}/bin/${program}`;
  try {
    await Deno.stat(path);
  } catch {
    await Deno.mkdir(folder, { recursive: true });
    const fault = await npm(folder, ["install", `${name}@${version}`]);
    if (fault !== undefined) {
      console.error(`Cannot get ${name}@${version}: ${fault}`);
      return undefined;
    }
  }
  return path;
}

/** Runs npm in a folder; returns what it says where it fails. */
export async function npm(
  folder: string,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command("npm", {
      args: [...args, "--prefix", folder, "--no-audit", "--no-fund"],
      cwd: folder,
      stdin: "null",
    }).output();
    return success ? undefined : new TextDecoder().decode(stderr);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "npm is not installed";
    throw error;
  }
}
