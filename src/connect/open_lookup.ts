/**
 * A directory that a program names by its URL.
 *
 * @module
 */
import type { DirectoryOption, PeerLookup } from "./lookup.ts";
import type { ProxyOption } from "../transport/proxy.ts";

/** The lookup that is meant; the client is loaded only for a URL, which `proxy` leads to. */
export async function openLookup(
  directory: DirectoryOption,
  proxy?: ProxyOption,
): Promise<PeerLookup> {
  if (typeof directory !== "string" && !(directory instanceof URL)) {
    return directory;
  }
  const { DirectoryClient } = await import("../directory/program_client.ts");
  return new DirectoryClient(
    directory,
    proxy === undefined ? {} : { proxy },
  );
}
