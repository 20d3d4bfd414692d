/**
 * The relay that a listener waits at; all of its code is loaded only for those
 * who name one.
 *
 * @module
 */
import type { ProxyOption } from "../transport/proxy.ts";
import type { Identity } from "../directory/identity.ts";
import type {
  RelayListenOptions,
  RelayReport,
  RelaySigner,
} from "../transport/relay_place.ts";
import type { TransportListener } from "../transport/transport.ts";

export type { Identity, RelayReport };

/** A relay by its URL, `https://HOST` or `http://HOST:PORT`, or with more about it. */
export type RelayOption = string | URL | RelayUseOptions;

/** How to wait at a relay. */
export interface RelayUseOptions {
  /** The relay: `https://HOST`, or `http://HOST:PORT`. */
  url: string | URL;
  /** Whose place it is: an `Identity` of `@lekt/lekt/directory`. Default: one that is made for this listener. */
  identity?: Identity;
  /** The proxy that leads to the relay. Default: none. */
  proxy?: ProxyOption;
  /** Certificates, in PEM, of further CAs to trust for the relay. Default: those that the runtime trusts. */
  caCerts?: readonly string[];
  /** Whether to listen all the same where the relay cannot be reached yet; it is then tried until it can be. Default: `false`. */
  isOptional?: boolean;
  /** Called when calls may come, and when they cannot, which is mended again and again. What it throws is ignored. */
  report?: (report: RelayReport) => void;
}

/** A relay that can be listened at. */
export interface RelayPlace {
  /** The method that leads there. */
  readonly uri: string;
  /** Begins. */
  listen(options: RelayListenOptions): Promise<TransportListener>;
}

/**
 * Finds out where to listen.
 *
 * @throws {LektError} `INVALID_ARGUMENT` where the relay's URL is none.
 */
export async function openRelayPlace(
  option: RelayOption,
  attempt: { dialTimeoutMs: number; signal?: AbortSignal },
): Promise<RelayPlace> {
  const use = typeof option === "string" || option instanceof URL
    ? { url: option }
    : option;
  const { listenRelay, relayMethod } = await import(
    "../transport/relay_listener.ts"
  );
  const signer = await makeSigner(use.identity);
  return {
    uri: relayMethod(use.url, signer.thumbprint).uri,
    listen: (options) => listenRelay({ ...use, ...attempt, signer }, options),
  };
}

/** Signs as an identity, or as one that is made for that. */
async function makeSigner(given: Identity | undefined): Promise<RelaySigner> {
  const { createIdentity } = await import("../directory/identity.ts");
  const { signStatement } = await import("../directory/relay_statement.ts");
  const identity = given ?? await createIdentity();
  return {
    thumbprint: identity.thumbprint,
    sign: (claims) => signStatement(identity, claims, Date.now()),
  };
}
