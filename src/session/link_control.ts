/**
 * What two peers have between them besides messages: whether the other side is
 * alive, and control packets that wait. It exists from the handshake on; of an
 * idle connection there is nothing else.
 *
 * @module
 */
import type { ControlPacket, GoodbyePacket } from "../framing/control.ts";
import { ControlQueue } from "./control_queue.ts";
import type { Limits } from "../base/limits.ts";
import { Liveness } from "./liveness.ts";

const UINT32_END = 2 ** 32;

/** Spreads numbers that lie close together over all fractions. */
const GOLDEN_RATIO = 1618.033988749895;

/** Control packets of one connection in version 1.1. */
export class LinkControl {
  /** Whether the other side is alive. */
  readonly liveness: Liveness;
  /** What waits to be sent. */
  readonly queue: ControlQueue = new ControlQueue();
  /** The other side's Goodbye, once it has come. */
  goodbye: GoodbyePacket | undefined;
  /** Called when a Pong has been taken. Most connections have none: it takes no memory there. */
  declare onPong?: () => void;
  /** The Ping in front of this side's Goodbye. */
  #goodbyePing: number | undefined;

  /** Begins in connected state. In version 1.0 there is no way to ask the other side for a sign of life. */
  constructor(
    limits: Limits,
    versionMinor: number,
    nowMs: number,
  ) {
    this.liveness = new Liveness({
      nowMs,
      // Connections that begin together, in another microsecond each, ask at different times.
      spread: nowMs * GOLDEN_RATIO % 1,
      pingIntervalMs: versionMinor > 0 ? limits.pingIntervalMs : 0,
      silenceTimeoutMs: limits.silenceTimeoutMs,
    });
  }

  /** This side has said that no more messages come from it. */
  get hasSaidGoodbye(): boolean {
    return this.#goodbyePing !== undefined;
  }

  /** The other side has said that it has read all messages that this one has sent. */
  get isGoodbyeHeard(): boolean {
    const ping = this.#goodbyePing;
    return ping !== undefined && this.liveness.isAnswered(ping);
  }

  /** Asks the other side for a sign of life; returns which Ping it is, for {@linkcode Liveness.isAnswered}. */
  ping(nowMs: number): number {
    this.queue.add(this.liveness.ping(nowMs));
    return this.liveness.pingCount;
  }

  /** Says that no more messages come from this side, behind a Ping: who reads the Goodbye has read that too, so the answer comes before the other side's end. */
  sayGoodbye(messageCount: number, reason: string, nowMs: number): void {
    this.#goodbyePing = this.ping(nowMs);
    this.queue.add({ type: "goodbye", messageCount, reason });
  }

  /** Takes a Ping, a Pong or a Goodbye. */
  takeControl(packet: ControlPacket): undefined {
    if (packet.type === "ping") {
      this.queue.add({ type: "pong", data: packet.data });
    } else if (packet.type === "pong") {
      this.liveness.notePong(packet.data);
      this.onPong?.();
    } else if (packet.type === "goodbye") {
      this.goodbye = packet;
    }
  }

  /** Takes a Goodbye without a reason, where `completedCount` messages have come and nothing is under way, and it is right; tells whether it was. */
  takeGoodbye(messageCount: number, completedCount: number): boolean {
    if (this.goodbye || messageCount !== completedCount % UINT32_END) {
      return false;
    }
    this.takeControl({ type: "goodbye", messageCount, reason: "" });
    return true;
  }
}
