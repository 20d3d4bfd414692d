/**
 * What listening at a relay takes: types alone, so that who names them loads
 * nothing of it.
 *
 * @module
 */
import type { LektError } from "../base/errors.ts";
import type { ProxyOption } from "./proxy.ts";
import type { TlsListenOptions } from "./tls_listener.ts";

/** The key that a listener signs with; an `Identity` of the directory is one. */
export interface RelayIdentity {
  /** The RFC 7638 thumbprint of the public key: 43 characters of base64url. */
  readonly thumbprint: string;
  /** The public key: 32 bytes in base64url, as `x` of its JWK. */
  readonly publicKey: string;
  /** The private key, for signing. */
  readonly privateKey: CryptoKey;
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
  identity: RelayIdentity;
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
