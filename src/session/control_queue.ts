/**
 * Control packets that wait to be sent. They go out before all messages that
 * wait. A side that reads nothing must not make them many: of each kind and
 * message there is one at most, the latest; what is about a message that is over
 * is taken out; and answers to Confirms count as not given while they wait.
 *
 * @module
 */
import {
  CONTROL_PART,
  LENGTH_OFFSET,
  PACKET_HEADER_SIZE,
  PART_OFFSET,
} from "../../asm/wire.ts";
import {
  type ControlPacket,
  encodeControl,
  setNumber,
} from "../framing/control.ts";

/** Where control packets are put. */
export interface ControlBuffer {
  /** Puts one where it has room; tells whether it had. */
  putControl(packet: ControlPacket): boolean;
}

/** Control packets in the order in which they were first wanted. */
export class ControlQueue {
  #waiting: Map<string, ControlPacket> | undefined;
  #confirmedCount = 0;

  /** Whether none waits. */
  get isEmpty(): boolean {
    return this.#waiting === undefined;
  }

  /** How many answers to Confirms wait. */
  get confirmedCount(): number {
    return this.#confirmedCount;
  }

  /** Adds one, in place of one of the same kind for the same message. */
  add(packet: ControlPacket): void {
    this.#waiting ??= new Map();
    const subject = "messageId" in packet ? packet.messageId : "";
    const key = packet.type + subject;
    if (packet.type === "confirmed" && !this.#waiting.has(key)) {
      this.#confirmedCount++;
    }
    this.#waiting.set(key, packet);
  }

  /** Takes one out that is of no use any more, where it waits. */
  drop(type: ControlPacket["type"], messageId: number): void {
    if (!this.#waiting?.delete(type + messageId)) return;
    if (type === "confirmed") this.#confirmedCount--;
    if (this.#waiting.size === 0) this.#waiting = undefined;
  }

  /** Puts as many as have room. */
  put(buffer: ControlBuffer): void {
    if (!this.#waiting) return;
    for (const [key, packet] of this.#waiting) {
      if (!buffer.putControl(packet)) return;
      this.#waiting.delete(key);
      if (packet.type === "confirmed") this.#confirmedCount--;
    }
    this.#waiting = undefined;
  }

  /** Takes all out, as bytes: for a connection that sends nothing else. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#waiting) return undefined;
    const packets = [...this.#waiting.values()].map(bytesOfControl);
    this.clear();
    const size = packets.reduce((sum, { length }) => sum + length, 0);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const packet of packets) {
      bytes.set(packet, at);
      at += packet.length;
    }
    return bytes;
  }

  /** Forgets all. */
  clear(): void {
    this.#waiting = undefined;
    this.#confirmedCount = 0;
  }
}

/** A control packet with its header. */
export function bytesOfControl(
  packet: ControlPacket,
): Uint8Array<ArrayBuffer> {
  const { subject, body } = encodeControl(packet);
  const bytes = new Uint8Array(PACKET_HEADER_SIZE + body.length);
  setNumber(bytes, 0, subject);
  setNumber(bytes, PART_OFFSET, CONTROL_PART);
  setNumber(bytes, LENGTH_OFFSET, body.length);
  bytes.set(body, PACKET_HEADER_SIZE);
  return bytes;
}
