/**
 * Programs of web pages, bundled in an empty folder in which the module is
 * installed.
 *
 * @module
 */
import { ROOT } from "./pages.ts";

/** What bundles; Deno needs nothing that is not here. */
export type BundlerName = "deno" | "esbuild" | "vite";

const DEADLINE_MS = 120_000;

const PAGE = `<!doctype html><script type="module" src="./main.js"></script>\n`;

/** What a package manager would have put there. */
const PACKAGE = {
  name: "@lekt/lekt",
  type: "module",
  exports: {
    "./browser": "./src/browser/mod.ts",
    "./browser/relay": "./src/browser/relay.ts",
  },
};

async function install(folder: string, program: string): Promise<void> {
  const module = `${folder}/node_modules/@lekt/lekt`;
  await Deno.mkdir(module, { recursive: true });
  for (const name of ["src", "asm"]) {
    await Deno.symlink(new URL(name, ROOT), `${module}/${name}`);
  }
  const imports = {
    "@lekt/lekt/browser": new URL("src/browser/mod.ts", ROOT).href,
    "@lekt/lekt/browser/relay": new URL("src/browser/relay.ts", ROOT).href,
  };
  const files = {
    "main.js": program,
    "index.html": PAGE,
    "deno.json": JSON.stringify({ imports }),
    "node_modules/@lekt/lekt/package.json": JSON.stringify(PACKAGE),
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
}

/** A program that imports `@lekt/lekt/browser`, in one file, minified; rejects where the bundler fails or warns. */
export async function bundleProgram(
  bundler: BundlerName,
  program: string,
): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-page-" });
  try {
    await install(folder, program);
    const output = `${folder}/dist/page.js`;
    const args = bundler === "deno"
      ? ["bundle", "--platform=browser", "--minify", "-o", output, "main.js"]
      : [
        ...["run", "-A", "--config", `${ROOT.pathname}tests/browser/deno.json`],
        ...[`${ROOT.pathname}tests/browser/bundle.ts`, bundler, folder],
      ];
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: folder,
      stdin: "null",
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
