/**
 * Which modules the package consists of, and where each import leads, as Deno
 * itself resolves it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

/** A module of the package. */
export interface PackedModule {
  /** Its URL, as the imports of others resolve to it. */
  url: string;
  /** Its text. */
  text: string;
  /** By the specifiers that stand in it: the URL that each leads to. */
  targets: Map<string, string>;
}

interface Info {
  modules: {
    specifier: string;
    local?: string;
    error?: string;
    dependencies?: {
      specifier: string;
      code?: { specifier?: string };
      type?: { specifier?: string };
    }[];
  }[];
  redirects: Record<string, string>;
}

/** All modules that `entries` need, those of JSR among them; packages of npm are left to npm. */
export async function readGraph(
  root: URL,
  config: string,
  entries: readonly string[],
): Promise<PackedModule[]> {
  const found: PackedModule[] = [];
  const { modules, redirects } = await readInfo(root, config, entries);
  for (const { specifier: url, local, error, dependencies } of modules) {
    if (error !== undefined) throw new Error(error);
    const isSource = /^(file|https):/.test(url) && /\.ts$/.test(url);
    if (!isSource || local === undefined) continue;
    const targets = new Map<string, string>();
    for (const { specifier, code, type } of dependencies ?? []) {
      const target = code?.specifier ?? type?.specifier;
      if (target === undefined) throw new Error(`${url}: no ${specifier}`);
      // Those of npm lead to one version: the range is what was asked for.
      const isOfNpm = target.startsWith("npm:");
      targets.set(specifier, isOfNpm ? target : redirects[target] ?? target);
    }
    found.push({ url, text: await Deno.readTextFile(local), targets });
  }
  return found;
}

/** What Deno knows of the modules, asked once: a script that imports all of them is the root. */
async function readInfo(
  root: URL,
  config: string,
  entries: readonly string[],
): Promise<Info> {
  const script = await Deno.makeTempFile({ suffix: ".js" });
  try {
    const lines = entries.map((path) => `import "${new URL(path, root)}";\n`);
    await Deno.writeTextFile(script, lines.join(""));
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      {
        args: ["info", "--json", "--no-lock", `--config=${config}`, script],
        cwd: fileURLToPath(root),
      },
    ).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(script);
  }
}
