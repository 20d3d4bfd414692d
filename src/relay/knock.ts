/**
 * Requests for a WebSocket that wait for what is to become of them.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import { RELAY_SUBPROTOCOL } from "../transport/relay_wire.ts";
import { SOCKET_OPTIONS } from "../transport/websocket_stream.ts";

/** A request for a WebSocket, not yet answered. */
export interface Knock {
  /** What is asked for. */
  readonly request: IncomingMessage;
  /** Its connection. */
  readonly socket: Duplex;
  /** What was sent behind it. */
  readonly head: Uint8Array;
  /** Where it comes from. */
  readonly address: string;
}

/** Whether a request offers the subprotocol of relays. */
export function offersRelay({ request }: Knock): boolean {
  const offered = request.headers["sec-websocket-protocol"] ?? "";
  return offered.split(",").some((name) => name.trim() === RELAY_SUBPROTOCOL);
}

/** What opens WebSockets whose messages have so many bytes at most. */
export function createOpener(
  maxPayload: number,
): (knock: Knock) => WebSocket | undefined {
  const server = new WebSocketServer({
    ...SOCKET_OPTIONS,
    maxPayload,
    noServer: true,
    clientTracking: false,
    handleProtocols: () => RELAY_SUBPROTOCOL,
  });
  return ({ request, socket, head }) => {
    let opened: WebSocket | undefined;
    server.handleUpgrade(
      request,
      socket,
      head as Parameters<WebSocketServer["handleUpgrade"]>[2],
      // Called at once, or not at all where the request is no good.
      (webSocket) => opened = webSocket,
    );
    // What it has to say, `close` says too.
    opened?.on("error", () => {});
    return opened;
  };
}

/** A rule that was broken: in words, and its number in PROTOCOL.md where it has one. */
export interface BrokenRule {
  readonly rule: string;
  readonly ruleId?: string;
}

/** Tells of a message that is longer than the opener allows, whose rule is `sizeRuleId`, and of frames that no WebSocket may send: `ws` has begun to close it then. */
export function watchFrames(
  socket: WebSocket,
  sizeRuleId: string,
  onFault: (broken: BrokenRule) => void,
): void {
  socket.on("error", ({ code, message }: Error & { code?: string }) => {
    if (!code?.startsWith("WS_ERR_")) return;
    const isSize = code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    onFault({ rule: message, ...(isSize ? { ruleId: sizeRuleId } : {}) });
  });
}

/** Watches who waits for an answer: whoever leaves, or says something too early, is told of once. Returns what ends that. */
export function watchWaiting(
  { socket }: Knock,
  onGone: () => void,
): () => void {
  const events = ["data", "end", "close"] as const;
  for (const event of events) socket.on(event, onGone);
  return () => {
    // It flows on: whoever takes it over begins to listen in the same turn.
    for (const event of events) socket.off(event, onGone);
  };
}
