/**
 * Makes the tarball for npm: `deno task pack`. With `--jsr` the packages of JSR
 * come from there; a release is made so. Without it their stand-ins are packed.
 *
 * @module
 */
import { dirname } from "node:path";
import { buildPackage, type PackageFiles } from "./npm_package.ts";

const ROOT = new URL("../../", import.meta.url);

/** Writes files below a folder. */
export async function writeFiles(
  folder: string,
  files: PackageFiles,
): Promise<void> {
  for (const [path, text] of files) {
    await Deno.mkdir(dirname(`${folder}/${path}`), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
  await Deno.chmod(`${folder}/bin/lekt.js`, 0o755);
}

/** Writes the tarball; see `buildPackage`. */
export async function pack(
  config: string,
  output: string,
  hasDeclarations = true,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lekt-pack-" });
  try {
    await writeFiles(
      `${folder}/package`,
      await buildPackage(ROOT, config, hasDeclarations),
    );
    const { success, stderr } = await new Deno.Command("tar", {
      args: ["-czf", output, "-C", folder, "package"],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function main(args: string[]): Promise<number> {
  const [output] = args.filter((arg) => arg !== "--jsr");
  if (output === undefined || args.length > 2 || output.startsWith("--")) {
    console.error("usage: deno task pack [--jsr] FILE.tgz");
    return 2;
  }
  await pack(args.includes("--jsr") ? "deno.jsr.json" : "deno.json", output);
  console.log(`${output}: ${(await Deno.stat(output)).size} bytes`);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
