/**
 * Requests to a directory through a proxy of our own choice. (`fetch` of Deno
 * takes proxies too, but lets `NO_PROXY` overrule the one that it was given, and
 * does not say whether the proxy or the directory is at fault.)
 *
 * @module
 */
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { dial } from "../transport/dial.ts";
import type { TcpMethod } from "../transport/method.ts";
import type { ProxyOption } from "../transport/proxy.ts";
import type { Transport } from "../transport/transport.ts";
import { TransportSocket } from "../transport/transport_socket.ts";
import type { RequestOptions } from "./requests.ts";

/** Answers that have no body. */
const BODILESS = [204, 205, 304];

/**
 * As `fetch`, on a connection of its own; redirects are errors.
 *
 * @throws {LektError} `UNREACHABLE` where proxy or directory are not reached; other errors where the answer is none.
 */
export async function fetchThrough(
  address: string,
  init: RequestOptions,
  proxy: ProxyOption,
): Promise<Response> {
  const url = new URL(address);
  const below = await dial(methodOf(url), { signal: init.signal, proxy });
  try {
    const answer = await send(url, init, below);
    const status = answer.statusCode ?? 0;
    if (status >= 300 && status < 400 && status !== 304) {
      throw new Error("redirect mode is error");
    }
    const headers = headersOf(answer);
    answer.once("close", () => below.close());
    if (BODILESS.includes(status)) {
      answer.destroy();
      return new Response(null, { status, headers });
    }
    const body = Readable.toWeb(answer) as ReadableStream<
      Uint8Array<ArrayBuffer>
    >;
    return new Response(body, { status, headers });
  } catch (error) {
    below.close();
    init.signal.throwIfAborted();
    throw error;
  }
}

/** The byte stream that HTTP goes over. */
function methodOf(url: URL): TcpMethod {
  const isSecure = url.protocol === "https:";
  return {
    scheme: isSecure ? "tls" : "tcp",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port) || (isSecure ? 443 : 80),
    uri: url.origin,
  };
}

function send(
  url: URL,
  { method = "GET", headers, body, signal }: RequestOptions,
  below: Transport,
): Promise<IncomingMessage> {
  const answered = Promise.withResolvers<IncomingMessage>();
  const sent = request({
    method,
    path: url.pathname + url.search,
    headers: { ...headers, host: url.host, connection: "close" },
    createConnection: () => new TransportSocket(below) as unknown as Socket,
    signal,
  });
  sent.once("response", answered.resolve);
  sent.on("error", answered.reject);
  sent.end(body);
  return answered.promise;
}

function headersOf(answer: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}
