/**
 * What a directory knows of a relay that runs beside it, on the same port.
 *
 * @module
 */
import { forwardedAddress } from "./client_address.ts";
import type { Misbehaviour } from "./misbehaviour.ts";

/** A request for a WebSocket: what is used of an `IncomingMessage` of `node:http`, which it is. */
export interface UpgradeRequest {
  /** Path and query. */
  readonly url?: string | undefined;
  /** The headers, by names in small letters. */
  readonly headers: {
    readonly [name: string]: string | string[] | undefined;
  };
}

/** A relay that answers on a directory's port; `createRelay` of `@lekt/lekt/relay` makes one. */
export interface RelayPart {
  /** The origin that it has been given; where there is none, that of the directory. */
  readonly origin: string | undefined;
  /**
   * Begins.
   *
   * @param origins The directory's: statements may be for them where it has none of its own.
   * @param onMisbehaviour Called for each that breaks a rule; what is called decides how many are told of.
   */
  begin(
    origins: readonly string[],
    onMisbehaviour?: (what: Misbehaviour) => void,
  ): void;
  /**
   * Answers a request; `undefined` where it is not for the relay.
   *
   * @param request Its paths are `/relay` and those below, and `/metrics`.
   */
  answer(request: Request): Response | undefined;
  /**
   * Takes a connection over whose client asks for a WebSocket.
   *
   * @param request What it asks for.
   * @param socket Its connection, a `Duplex` of `node:stream`.
   * @param head What it has sent behind that.
   * @param address Where it is.
   */
  upgrade(
    request: UpgradeRequest,
    socket: object,
    head: Uint8Array,
    address: string,
  ): void;
  /** Ends all calls and lets nobody in any more; resolves when that is done. May be called again. */
  close(): Promise<void>;
}

/** What takes connections over for a relay; `addressHeader` is that in which a trusted proxy says where they come from. */
export function upgradeBy(
  relay: RelayPart,
  addressHeader: string | undefined,
): RelayPart["upgrade"] {
  return (request, socket, head, address) => {
    const header = addressHeader === undefined
      ? undefined
      : request.headers[addressHeader.toLowerCase()];
    const last = Array.isArray(header) ? header.at(-1) : header;
    relay.upgrade(request, socket, head, forwardedAddress(last) ?? address);
  };
}
