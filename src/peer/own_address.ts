/**
 * By which of its addresses this machine reaches a directory.
 *
 * @module
 */
import { LektError } from "../../mod.ts";
import { fetchReason } from "../directory/reasons.ts";
import { openSockets } from "../runtime/open_sockets.ts";
import { markFault } from "./faults.ts";

/** How long it may take to find that out, in milliseconds. */
const ADDRESS_MS = 5_000;

/** The address of this machine by which it reaches the directory, with brackets where it is IPv6. */
export async function ownAddress(directory: string): Promise<string> {
  const { hostname, port, protocol } = new URL(directory);
  const defaultPort = protocol === "https:" ? 443 : 80;
  try {
    const { connectTcp } = await openSockets();
    const connection = await connectTcp({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? defaultPort : Number(port),
      signal: AbortSignal.timeout(ADDRESS_MS),
    });
    const address = connection.localAddr.hostname;
    connection.close();
    return address.includes(":") ? `[${address}]` : address;
  } catch (cause) {
    throw markFault(
      new LektError(
        "UNREACHABLE",
        `Cannot reach the directory ${directory}: ${fetchReason(cause)}`,
        { cause },
      ),
    );
  }
}
