/**
 * Control packets that wait to be sent. They go out before all messages that
 * wait; of each kind and message there is one at most, the latest, so that
 * nothing that the other side does makes them many.
 *
 * @module
 */
import {
  CONTROL_PART,
  LENGTH_OFFSET,
  PACKET_HEADER_SIZE,
  PART_OFFSET,
} from "../../asm/wire.ts";
import { type ControlPacket, encodeControl } from "../framing/control.ts";

/** Where control packets are put. */
export interface ControlBuffer {
  /** Puts one where it has room; tells whether it had. */
  putControl(packet: ControlPacket): boolean;
}

/** Control packets in the order in which they were first wanted. */
export class ControlQueue {
  #waiting: Map<string, ControlPacket> | undefined;

  /** Whether none waits. */
  get isEmpty(): boolean {
    return this.#waiting === undefined;
  }

  /** Adds one, in place of one of the same kind for the same message. */
  add(packet: ControlPacket): void {
    this.#waiting ??= new Map();
    const subject = "messageId" in packet ? packet.messageId : "";
    this.#waiting.set(packet.type + subject, packet);
  }

  /** Puts as many as have room. */
  put(buffer: ControlBuffer): void {
    if (!this.#waiting) return;
    for (const [key, packet] of this.#waiting) {
      if (!buffer.putControl(packet)) return;
      this.#waiting.delete(key);
    }
    this.#waiting = undefined;
  }

  /** Takes all out, as bytes: for a connection that sends nothing else. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#waiting) return undefined;
    const packets: number[] = [];
    for (const packet of this.#waiting.values()) {
      packets.push(...bytesOfControl(packet));
    }
    this.#waiting = undefined;
    return Uint8Array.from(packets);
  }

  /** Forgets all. */
  clear(): void {
    this.#waiting = undefined;
  }
}

/** A control packet with its header. */
export function bytesOfControl(
  packet: ControlPacket,
): Uint8Array<ArrayBuffer> {
  const { subject, body } = encodeControl(packet);
  const bytes = new Uint8Array(PACKET_HEADER_SIZE + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, subject);
  view.setUint32(PART_OFFSET, CONTROL_PART);
  view.setUint32(LENGTH_OFFSET, body.length);
  bytes.set(body, PACKET_HEADER_SIZE);
  return bytes;
}
