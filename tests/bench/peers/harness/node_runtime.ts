/**
 * Node is given the same files as Deno, their types stripped, beside a
 * `node_modules` that Deno fills from the versions in `tests/bench/peers/deno.json`.
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";
import { fromFileUrl } from "./paths.ts";
import type { Variant } from "./variants.ts";

const AGENT = new URL("../agent/", import.meta.url);
const CONFIG = new URL("../deno.json", import.meta.url);
const LOCK = new URL("../deno.lock", import.meta.url);

/** Node's version, or `undefined` where it is not installed. */
export async function nodeVersion(): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("node", {
      args: ["--version"],
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Versions of the npm packages that `deno.json` names, as its lock file has them where it has, by package. */
export async function npmVersions(): Promise<Record<string, string>> {
  const { imports } = JSON.parse(await Deno.readTextFile(CONFIG)) as {
    imports: Record<string, string>;
  };
  const { specifiers } = JSON.parse(await Deno.readTextFile(LOCK)) as {
    specifiers: Record<string, string>;
  };
  const versions: Record<string, string> = {};
  for (const [name, target] of Object.entries(imports)) {
    if (!target.startsWith("npm:")) continue;
    // What no file imports, as bufferutil, is not in the lock file.
    const asked = target.slice(target.lastIndexOf("@") + 1);
    // Behind an underscore the lock file names what it depends on.
    versions[name] = (specifiers[target] ?? asked).split("_")[0]!;
  }
  return versions;
}

/** Makes a folder from which `node agent/main.mjs` runs an agent; the caller removes it. `undefined` where no variant needs it. */
export async function prepareNode(
  variants: readonly Variant[],
): Promise<string | undefined> {
  const packages = variants.flatMap((variant) =>
    variant.runtime === "node" ? variant.packages : []
  );
  if (packages.length === 0) return undefined;
  const folder = await Deno.makeTempDir({ prefix: "bench_node_" });
  const versions = await npmVersions();
  const imports: Record<string, string> = {};
  for (const name of packages) {
    imports[name] = `npm:${name}@${versions[name]}`;
  }
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({ nodeModulesDir: "auto", imports }),
  );
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: folder,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(
      `Cannot install packages for Node: ${new TextDecoder().decode(stderr)}`,
    );
  }
  await stripFolder(AGENT, `${folder}/agent`);
  return folder;
}

async function stripFolder(source: URL, target: string): Promise<void> {
  await Deno.mkdir(target, { recursive: true });
  for await (const entry of Deno.readDir(fromFileUrl(source))) {
    if (entry.isDirectory) {
      await stripFolder(
        new URL(`${entry.name}/`, source),
        `${target}/${entry.name}`,
      );
      continue;
    }
    const text = await Deno.readTextFile(new URL(entry.name, source));
    const plain = stripTypeScriptTypes(text)
      .replaceAll(/\.ts(?=["`])/g, ".mjs");
    await Deno.writeTextFile(
      `${target}/${entry.name.replace(/\.ts$/, ".mjs")}`,
      plain,
    );
  }
}
