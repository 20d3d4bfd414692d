/**
 * Connection methods: URIs that say how a responder can be reached
 * (`PROTOCOL.md`, section 6).
 *
 * @module
 */
import { LektError } from "./errors.ts";

/** The port of `tcp` and `tls` where a URI names none. */
export const DEFAULT_PORT = 15358;

/** A connection method, parsed. */
export type Method = { scheme: "tcp"; host: string; port: number; uri: string };

/**
 * Parses a connection method; throws `INVALID_ARGUMENT` where it is none.
 * `host` is without brackets; `uri` is the canonical text.
 */
export function parseMethod(text: string): Method {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot use "${text}" as a connection method: it is not a URI`,
      { cause },
    );
  }
  if (url.protocol !== "tcp:" || !url.hostname) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot use "${text}" as a connection method: expected tcp://HOST:PORT`,
    );
  }
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return { scheme: "tcp", host, port, uri: `tcp://${url.hostname}:${port}` };
}
