/**
 * Runs a Deno command in a copy of the project that uses the packages of JSR
 * instead of their stand-ins: for machines that can reach JSR.
 *
 * In the copy `deno.jsr.json` takes the place of `deno.json`, so that the
 * processes which the tests start find it too, and `deno.lock` is made anew.
 *
 * @module
 */
import { cp, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const LEFT_OUT = [".git", ".cache", "coverage", "node_modules", "deno.lock"];

async function copyProject(root: URL, copy: string): Promise<void> {
  for await (const entry of Deno.readDir(root)) {
    if (LEFT_OUT.includes(entry.name)) continue;
    await cp(
      fileURLToPath(new URL(entry.name, root)),
      `${copy}/${entry.name}`,
      { recursive: true },
    );
  }
  await Deno.copyFile(`${copy}/deno.jsr.json`, `${copy}/deno.json`);
}

async function main(args: string[]): Promise<number> {
  const root = new URL("../../", import.meta.url);
  const copy = await Deno.makeTempDir({ prefix: "lekt-jsr-" });
  try {
    await copyProject(root, copy);
    const child = new Deno.Command(Deno.execPath(), { args, cwd: copy });
    return (await child.spawn().status).code;
  } finally {
    await rm(copy, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
