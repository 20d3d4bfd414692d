/**
 * What `connect` is told, by programs and by web pages alike.
 *
 * @module
 */
import type { Accept } from "./establish.ts";
import type { Limits } from "../base/limits.ts";
import type { DirectoryOption } from "./lookup.ts";
import type { ProxyOption } from "../transport/proxy.ts";

/** Options of `connect`. */
export interface ConnectOptions {
  /** This side's nickname: 1 to 255 bytes of UTF-8 ([PROTOCOL.md](https://jsr.io/@lekt/lekt/0.1.0/PROTOCOL.md#3-handshake-packets), section 3). */
  nickname: string;
  /** Decides whether to talk to whoever answers; left out: everyone. */
  accept?: Accept;
  /** Limits and times that differ from the defaults. */
  limits?: Partial<Limits>;
  /** Cancels connecting; has no effect once connected. */
  signal?: AbortSignal;
  /**
   * Called when a method has led to the other side, which is asked from now on
   * whether it wants to talk: what can be shown is that its decision is waited
   * for. Called with another method again where one does not answer. What it
   * throws counts as a failure of the method, and so does what it rejects with
   * while the other side has not decided.
   */
  onAsk?: (method: string) => unknown;
  /** With `tls` and `wss`: what to show and what to ask for. Default: the other side needs a certificate by a trusted CA. */
  tls?: TlsConnectOptions;
  /**
   * Where nicknames are looked up: the URL of a directory, or a
   * `DirectoryClient` of `@lekt/lekt/directory`. The target may then be a
   * nickname, or `nickname#thumbprint`.
   */
  directory?: DirectoryOption;
  /**
   * The proxy to go through with `tcp`, `tls`, `ws` and `wss`, and to a
   * `directory` that is given as a URL: `socks5://HOST:PORT` or
   * `http://HOST:PORT` (CONNECT), with `USER:PASSWORD@` before the host where it
   * asks for them. As a function: the one for each target, or `undefined`.
   * `remote.address` is then the host that the method names. Default: none.
   */
  proxy?: ProxyOption;
  /** Whether relays may be used, which pass on what they cannot read; without them `relay` methods are left out. Default: `true`. */
  relay?: boolean;
}

/** How a connection over `tls` or `wss` is secured. */
export interface TlsConnectOptions {
  /** Own certificate, in PEM, to show to the other side. Default: none. */
  cert?: string;
  /** The private key of `cert`, in PEM. */
  key?: string;
  /** The key that the other side must prove to hold: base64url SHA-256 of its SubjectPublicKeyInfo. Names, dates and issuer do not matter then. */
  pinnedKey?: string;
  /** Certificates, in PEM, of further CAs to trust. */
  caCerts?: readonly string[];
}
