/**
 * What the parts of a relay are given, without any network.
 *
 * @module
 */
import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import type { CallEvents } from "../../src/relay/call.ts";
import type { Knock } from "../../src/relay/knock.ts";
import type { LineOptions } from "../../src/relay/line.ts";

/** A WebSocket that is none: it keeps what is done to it. */
export class DummySocket extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSED = 3;
  bufferedAmount = 0;
  readyState = 1;
  isPaused = false;
  isTerminated = false;
  pingCount = 0;
  readonly closeCodes: number[] = [];
  readonly sent: unknown[] = [];
  /** To be called when a message is written, in order. */
  readonly onSent: (() => void)[] = [];

  send(data: unknown, ...more: unknown[]): void {
    this.sent.push(data);
    this.onSent.push(more.at(-1) as () => void);
  }

  close(code: number): void {
    this.closeCodes.push(code);
  }

  ping(): void {
    this.pingCount++;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** The other side is gone. */
  vanish(): void {
    this.readyState = this.CLOSED;
    this.emit("close");
  }

  get asSocket(): WebSocket {
    return this as unknown as WebSocket;
  }
}

/** Who calls, or answers. */
export function makeKnock(address = "192.0.2.1"): Knock {
  return {
    request: { headers: {} } as IncomingMessage,
    socket: new PassThrough(),
    head: new Uint8Array(0),
    address,
  };
}

/** A call of which nobody wants to hear. */
export const NO_EVENTS: CallEvents = {
  onSpoken: () => {},
  onPassed: () => {},
  onFault: () => {},
  onRefused: () => {},
  onOver: () => {},
};

/** A line of which nobody wants to hear. */
export const NO_LINE_EVENTS: Omit<
  LineOptions,
  "helloMs" | "audiences" | "now"
> = {
  onStated: () => undefined,
  onBadStatement: () => {},
  onMisbehaviour: () => {},
  onRefused: () => {},
  onOver: () => {},
};
