/**
 * Dialling connection method `tls`: TLS 1.3 over TCP.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import type { StreamSocket } from "../runtime/sockets.ts";
import type { Method, TcpMethod } from "./method.ts";
import type { Transport } from "./transport.ts";
import { keyOf } from "./certificate.ts";
import { dialError } from "./failure.ts";
import { connectTcp, type TcpDialOptions } from "./tcp.ts";
import { isTlsNative, secureNatively } from "./tls_native.ts";
import { TlsTransport, Wire } from "./tls_stream.ts";

/** How to dial a method that is secured by TLS. */
export interface TlsDialOptions extends TcpDialOptions {
  /** Own certificate, in PEM, to show to the listener. Default: none is shown. */
  cert?: string;
  /** The private key of `cert`, in PEM. */
  key?: string;
  /**
   * The listener must show a certificate with this key: base64url SHA-256 of
   * its SubjectPublicKeyInfo. Names, dates and issuer do not matter then.
   * Default: the certificate must be valid for the host, by a CA that is trusted.
   */
  pinnedKey?: string;
  /** Certificates, in PEM, of further CAs to trust. Default: those that the runtime trusts. */
  caCerts?: readonly string[];
}

/**
 * Connects to a `tls` method.
 *
 * @throws {LektError} `UNREACHABLE`, with what stopped TCP or TLS as `cause`;
 * the signal's reason where `signal` fired.
 */
export async function dialTls(
  method: TcpMethod,
  options: TlsDialOptions = {},
): Promise<Transport> {
  return await secureDialled(await connectTcp(method, options), {
    method,
    host: method.host,
  }, options);
}

/** What a byte stream leads to on which TLS is to run. */
export interface TlsTarget {
  /** The method, for the texts of errors. */
  readonly method: Method;
  /** The host that the certificate is to name, where no key is pinned. */
  readonly host: string;
}

/** {@linkcode dialTls} on a byte stream that is open already, and is owned from now on. */
export async function secureDialled(
  { connection, address }: { connection: StreamSocket; address: string },
  { method, host }: TlsTarget,
  options: TlsDialOptions,
): Promise<Transport> {
  const { signal } = options;
  const closing = new AbortController();
  const onAbort = () => closing.abort();
  signal?.addEventListener("abort", onAbort);
  try {
    const transport = await secure(
      { connection, address },
      host,
      options,
      closing.signal,
    );
    signal?.throwIfAborted();
    return transport;
  } catch (cause) {
    closing.abort();
    signal?.throwIfAborted();
    throw dialError(method, cause);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** The transport over TLS, once its handshake is through; `closing` ends that. */
async function secure(
  { connection, address }: { connection: StreamSocket; address: string },
  host: string,
  options: TlsDialOptions,
  closing: AbortSignal,
): Promise<Transport> {
  function connectOver(socket: Duplex): TLSSocket {
    const tls = connect({
      socket,
      host,
      ...serverName(host),
      ...secureOptions(options),
      ca: caCertificates(options),
      rejectUnauthorized: options.pinnedKey === undefined,
    });
    tls.allowHalfOpen = true;
    return tls;
  }
  function judge(der: Uint8Array | undefined): string | undefined {
    return judgeListener(der, options.pinnedKey);
  }
  let owner: { close(): void } = connection;
  closing.addEventListener("abort", () => owner.close());
  if (isTlsNative()) {
    return await secureNatively(
      connection,
      address,
      "secureConnect",
      connectOver,
      judge,
    );
  }
  const wire = new Wire({ allowHalfOpen: true });
  const transport = new TlsTransport(
    connection,
    wire,
    connectOver(wire),
    address,
    "dialled",
  );
  owner = transport;
  await transport.handshake("secureConnect", judge);
  return transport;
}

/** The key that a listener's certificate proves; throws where it is not the pinned one. */
function judgeListener(
  der: Uint8Array | undefined,
  pinnedKey: string | undefined,
): string | undefined {
  if (der === undefined) throw new Error("the listener showed no certificate");
  const key = keyOf(der);
  if (pinnedKey !== undefined && key !== pinnedKey) {
    throw new Error(
      `the listener has key ${key}, expected ${pinnedKey}; it has a new key, or is somebody else`,
    );
  }
  return key;
}

/** What `node:tls` is to use on both sides. */
export function secureOptions(
  options: { cert?: string; key?: string },
): { minVersion: "TLSv1.3"; cert?: string; key?: string } {
  const { cert, key } = options;
  return {
    minVersion: "TLSv1.3",
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** A list for `node:tls`, where one was given. */
function caCertificates(options: TlsDialOptions): string[] | undefined {
  return options.caCerts === undefined ? undefined : [...options.caCerts];
}

/** Addresses are not sent as server names (RFC 6066, section 3). */
function serverName(host: string): { servername?: string } {
  const isAddress = host.includes(":") || /^[\d.]+$/.test(host);
  return isAddress ? {} : { servername: host };
}
