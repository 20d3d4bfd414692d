/**
 * A program that a bundler has made one file of, with only what it uses.
 *
 * @module
 */
import { build, stop } from "esbuild";
import { Child } from "./child.ts";
import type { Side } from "./pairs.ts";

/** What only programs can do, and web pages cannot; nothing listens at either place. */
const PROGRAM = `
import { DirectoryClient } from "@lekt/lekt/directory";

const directory = new DirectoryClient("http://127.0.0.1:1", {
  proxy: "socks5://127.0.0.1:2",
});
try {
  await directory.lookup("bob");
} catch (error) {
  console.log(error.message);
}
`;

/** Bundles it in the folder of `side`, and runs it there. */
export async function tryBundled(side: Side): Promise<string> {
  await Deno.writeTextFile(`${side.folder}/unbundled.js`, PROGRAM);
  try {
    await build({
      absWorkingDir: side.folder,
      entryPoints: ["unbundled.js"],
      outfile: "bundled.mjs",
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "silent",
    });
  } finally {
    await stop();
  }
  const child = new Child(side, ["bundled.mjs"], side.folder);
  const { stdout, stderr } = await child.ends();
  if (/the proxy \S+ cannot be reached: nothing listens/.test(stdout)) {
    return "a bundle";
  }
  throw new Error(`the bundle says:\n${stdout}${stderr}`);
}
