/**
 * What both sides of a relay know of it: paths, subprotocol, sizes, close codes,
 * and the JSON messages between a relay and a listener (`PROTOCOL.md`, section 11).
 *
 * @module
 */

/** The subprotocol that all WebSockets to a relay name. */
export const RELAY_SUBPROTOCOL = "lekt-relay";

/** Where a listener waits for calls. */
export const LISTEN_PATH = "/relay/listen";

/** Where a listener is called; its identity follows. */
export const CALL_PATH = "/relay/call/";

/** Where a listener answers a call; its token follows. */
export const ANSWER_PATH = "/relay/answer/";

/** Bytes of one message of a call: what waits in a relay is counted in these. */
export const CALL_MESSAGE_SIZE_MAX = 64 * 1024;

/** Bytes of one message between a relay and a listener: a statement has some 600. */
export const CONTROL_MESSAGE_SIZE_MAX = 4 * 1024;

/** Close codes of a relay, besides those of RFC 6455. */
export const RELAY_CLOSE = {
  /** The other side of the call has gone without an end. */
  gone: 4001,
  /** Nothing came through for too long. */
  idle: 4002,
  /** The call has had all its bytes. */
  spent: 4003,
  /** All places are taken, and this call or listener has kept its own for longest without a word. */
  gaveWay: 4004,
  /** A listener's statement is not good, or did not come in time. */
  refused: 4005,
  /** Another connection of the same identity listens from now on. */
  replaced: 4006,
  /** The relay is ending (RFC 6455's registry: service restart). */
  restart: 1012,
} as const;

/** What a relay says to a listener. */
export type RelayMessage =
  /** First of all: what the statement has to repeat. */
  | { challenge: string }
  /** The statement is good: calls may come. */
  | { listening: true }
  /** Somebody calls: `token` is where to answer, `from` the address of who calls, `origin` that of their web page. */
  | { call: string; from: string; origin?: string }
  /** It does not go on; the relay closes. */
  | { error: string; detail: string };

/** What a listener says to a relay. */
export type ListenerMessage =
  /** The signed statement. */
  | { statement: string }
  /** The call with this token is not let in. */
  | { refuse: string };

/** Tokens and challenges, which the relay makes up: 16 random bytes or more, in base64url. */
const TOKEN = /^[\w-]{22,64}$/;

/** An address, as a relay tells it: an IP address without a port. */
const ADDRESS = /^[\da-fA-F:.]{2,45}$/;

/** Characters of the longest text from a relay that is kept. */
const TEXT_LENGTH_MAX = 200;

/** Whether a text may be a token or a challenge. */
export function isToken(text: unknown): text is string {
  return typeof text === "string" && TOKEN.test(text);
}

/** What a relay says; `undefined` where it is nothing that this side knows. */
export function readRelayMessage(text: string): RelayMessage | undefined {
  const said = readObject(text);
  if (isToken(said["challenge"])) return { challenge: said["challenge"] };
  if (said["listening"] === true) return { listening: true };
  if (isToken(said["call"])) {
    const { call, from, origin } = said;
    return {
      call,
      from: typeof from === "string" && ADDRESS.test(from) ? from : "unknown",
      ...(typeof origin === "string"
        ? { origin: origin.slice(0, TEXT_LENGTH_MAX) }
        : {}),
    };
  }
  if (typeof said["error"] !== "string") return undefined;
  return {
    error: said["error"].slice(0, TEXT_LENGTH_MAX),
    detail: String(said["detail"] ?? "").slice(0, TEXT_LENGTH_MAX),
  };
}

/** What a listener says; `undefined` where it is nothing that this side knows. */
export function readListenerMessage(text: string): ListenerMessage | undefined {
  const { statement, refuse } = readObject(text);
  if (typeof statement === "string") return { statement };
  return isToken(refuse) ? { refuse } : undefined;
}

function readObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
