/**
 * The local network: who listens there is found without a directory, by
 * multicast DNS.
 *
 * @module
 */
import { LektError, type Remote } from "../../../mod.ts";
import { PinFile } from "../../directory/mod.ts";
import { ownAddresses } from "../../runtime/system.ts";
import { parseMethod } from "../../transport/method.ts";
import { harmless } from "../../base/text.ts";
import { markFault } from "../faults.ts";
import type { Reporter } from "../reporter.ts";
import { announce } from "./announce.ts";
import { LAN_ORIGIN, LanLookup } from "./lookup.ts";
import { ANNOUNCED_NAME_SIZE_MAX } from "./records.ts";
import { openLanSocket } from "./socket.ts";

/** Addresses that are told of this machine. */
const ADDRESS_COUNT_MAX = 8;

/**
 * Announces who listens; the result takes that back.
 *
 * @throws {LektError} Where the system does not let this side.
 */
export async function announceHere(
  { nickname, key, method }: { nickname: string; key: string; method: string },
): Promise<() => Promise<void>> {
  const size = new TextEncoder().encode(nickname).length;
  if (size > ANNOUNCED_NAME_SIZE_MAX) {
    throw markFault(
      new LektError(
        "INVALID_ARGUMENT",
        `Cannot announce a nickname of ${size} bytes in the local network: it has room for ${ANNOUNCED_NAME_SIZE_MAX}`,
      ),
    );
  }
  const parsed = parseMethod(method);
  const port = "port" in parsed ? parsed.port : 0;
  try {
    return await announce({
      announced: { nickname, key, port },
      addresses: () =>
        ownAddresses().filter((address) =>
          /^[\d.]+$/.test(address) && !address.startsWith("127.")
        ).slice(0, ADDRESS_COUNT_MAX),
      open: openLanSocket,
    });
  } catch (error) {
    throw markFault(error);
  }
}

/** Looks others up there. */
export function lookupHere(pins: string): LanLookup {
  return new LanLookup({ open: openLanSocket, pins: new PinFile(pins) });
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
  const state = await new PinFile(pins).check(LAN_ORIGIN, nickname, key);
  if (state === "known") return;
  reporter.note(
    `${
      harmless(nickname)
    } is met here for the first time, and remembered by the key ${key}: compare it with the one that is shown to them`,
    "plain",
  );
}
