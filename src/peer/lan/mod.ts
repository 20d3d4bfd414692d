/**
 * The local network: who listens there is found without a directory, by
 * multicast DNS.
 *
 * @module
 */
import { LektError, type PeerLookup, type Remote } from "../../../mod.ts";
import { PinFile } from "../../directory/mod.ts";
import { ownAddresses } from "../../runtime/system.ts";
import { parseMethod } from "../../transport/method.ts";
import { harmless } from "../../base/text.ts";
import { isUnreachable, markFault } from "../faults.ts";
import type { Reporter } from "../reporter.ts";
import { watched } from "../watched_lookup.ts";
import { announce } from "./announce.ts";
import { LAN_ORIGIN, LanLookup, type LanLookupOptions } from "./lookup.ts";
import { openLanSocket } from "./socket.ts";

/** Addresses that are told of this machine. */
const ADDRESS_COUNT_MAX = 8;

/** What is wrong where nobody can be found, and nobody can find us. */
export const NO_NETWORK =
  "this machine has no IPv4 address there; is it connected?";

/**
 * Announces who listens; the result takes that back.
 *
 * @throws {LektError} Where the system does not let this side.
 */
export async function announceHere(
  { nickname, key, method }: { nickname: string; key: string; method: string },
): Promise<() => Promise<void>> {
  const parsed = parseMethod(method);
  const port = "port" in parsed ? parsed.port : 0;
  try {
    return await announce({
      announced: { nickname, key, port },
      addresses: announcedAddresses,
      open: openLanSocket,
    });
  } catch (error) {
    throw markFault(error);
  }
}

/** Whether this machine is in a network at present; where its addresses are not told here, it may be. */
export function isInNetwork(): boolean {
  return ownAddresses().length === 0 || announcedAddresses().length > 0;
}

/** Looks others up there; what is wrong with that is told in full, as of a directory. */
export function lookupHere(
  pins: string,
  options: Partial<LanLookupOptions> = {},
): PeerLookup {
  const lookup = new LanLookup({
    open: openLanSocket,
    pins: new PinFile(pins),
    ...options,
  });
  return watched(lookup, (error) => markFault(withoutNetwork(error)));
}

/** The addresses that others may reach this machine at. */
function announcedAddresses(): string[] {
  return ownAddresses().filter((address) =>
    /^[\d.]+$/.test(address) && !address.startsWith("127.")
  ).slice(0, ADDRESS_COUNT_MAX);
}

/** Who is in no network finds nobody: then that is what is wrong. */
function withoutNetwork(error: unknown): unknown {
  if (!isUnreachable(error) || isInNetwork()) return error;
  return new LektError(
    "UNREACHABLE",
    `Cannot look anybody up in the local network: ${NO_NETWORK}`,
    { failures: [], cause: error },
  );
}

/**
 * Remembers who was met there and has proved their key; of somebody new it is
 * told which key that is.
 *
 * @throws {LektError} `REJECTED` where it is another key than before.
 */
export async function rememberHere(
  pins: string,
  { nickname, key }: Remote,
  reporter: Reporter,
): Promise<void> {
  if (key === undefined) return;
  const state = await new PinFile(pins).check(LAN_ORIGIN, nickname, key)
    .catch((error) => {
      throw markFault(error);
    });
  if (state === "known") return;
  reporter.note(
    `${
      harmless(nickname)
    } is met here for the first time, and remembered by the key ${key}: compare it with the one that is shown to them`,
    "plain",
  );
}
