/**
 * What `connect` needs of the runtime that it runs in.
 *
 * @module
 */
import type { DirectoryOption, PeerLookup } from "./lookup.ts";
import type { Method, MethodScope } from "../transport/method.ts";
import type { ProxyOption } from "../transport/proxy.ts";
import type { TlsConnectOptions } from "./connect_options.ts";
import type { Transport } from "../transport/transport.ts";

/** How one method is dialled. */
export interface DialSettings extends TlsConnectOptions {
  /** Cancels the attempt. */
  signal?: AbortSignal;
  /** The proxy to go through. */
  proxy?: ProxyOption;
  /** Scopes of addresses that must not be dialled. */
  refusedScopes?: readonly MethodScope[];
  /** Bytes that may wait to be read before the byte stream fails with `LIMIT`, where it cannot be held back. */
  maxBufferedBytes?: number;
}

/** The means by which others are reached. */
export interface Dialer {
  /** Why such a method cannot be dialled by this runtime at all, to stand behind a colon; `undefined` where it can. */
  dialFault(method: Method): string | undefined;
  /** Opens a byte stream; rejects as `dial` of `src/transport/dial.ts` does. */
  dial(method: Method, settings: DialSettings): Promise<Transport>;
  /** The lookup that is meant by a directory, or by its URL, which `proxy` leads to. */
  openLookup(
    directory: DirectoryOption,
    proxy?: ProxyOption,
  ): Promise<PeerLookup>;
}
