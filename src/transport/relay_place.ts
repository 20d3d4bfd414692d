/**
 * What listening at a relay takes: types alone, so that who names them loads
 * nothing of it.
 *
 * @module
 */
import type { LektError } from "../base/errors.ts";
import type { ProxyOption } from "./proxy.ts";
import type { TlsListenOptions } from "./tls_listener.ts";

/** Who takes a place at a relay. */
export interface RelaySigner {
  /** The RFC 7638 thumbprint of the key: 43 characters of base64url. */
  readonly thumbprint: string;
  /** Signs that the place is this one's, for a relay's origin and what it has made up for one connection. */
  sign(
    claims: { audience: string; challenge: string; isYielding: boolean },
  ): Promise<string>;
}

/** How the place at a relay goes. */
export type RelayReport =
  /** Calls may come. */
  | { event: "listening"; method: string }
  /** They cannot; the relay is tried again in so many milliseconds. */
  | { event: "failing"; method: string; error: LektError; retryInMs: number };

/** Where to listen, and how to get there. */
export interface RelayPlaceOptions {
  /** The relay: `https://HOST`, or `http://HOST:PORT`. */
  url: string | URL;
  /** Whose place it is. */
  signer: RelaySigner;
  /** The proxy to go through. Default: none. */
  proxy?: ProxyOption;
  /** Certificates, in PEM, of further CAs to trust. Default: those that the runtime trusts. */
  caCerts?: readonly string[];
  /** Whether to listen all the same where the relay cannot be reached yet. Default: `false`. */
  isOptional?: boolean;
  /** Told when calls may come, and when they cannot. */
  report?: (report: RelayReport) => void;
  /** Milliseconds for one attempt to reach it. */
  dialTimeoutMs: number;
  /** Cancels the first attempt. */
  signal?: AbortSignal;
}

/** How clients are let in. */
export interface RelayListenOptions extends TlsListenOptions {
  /** Origins of the web pages that may call; `*` lets all in. Default: none. */
  origins?: readonly string[];
}
