/**
 * Which code is measured.
 *
 * @module
 */
import { fromFileUrl } from "./paths.ts";

/** This project's folder. */
const ROOT = fromFileUrl(new URL("../../../../", import.meta.url));

/** A checkout of lekt. */
export interface Checkout {
  folder: string;
  /** Its commit, as `git describe` has it, which tells changes that are not committed; `unknown` outside of a repository. */
  commit: string;
}

/** Looks at the checkout in a folder. Default: this one. */
export async function readCheckout(folder = ROOT): Promise<Checkout> {
  const absolute = await Deno.realPath(folder).catch(() => folder);
  const description = await describe(absolute).catch(() => "");
  return { folder: absolute, commit: description || "unknown" };
}

async function describe(folder: string): Promise<string> {
  const git = new Deno.Command("git", {
    args: ["-C", folder, "describe", "--always", "--dirty", "--exclude=*"],
    stderr: "null",
  });
  const { stdout } = await git.output();
  return new TextDecoder().decode(stdout).trim();
}
