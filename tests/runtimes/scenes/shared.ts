/**
 * What both sides of the scenes know.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { LektError, Message } from "@lekt/lekt";

/** What the initiator asks for; `id` is that under which it asks later what was seen. */
export interface Task {
  /** What to do. */
  act:
    | "echo"
    | "digest"
    | "give"
    | "count"
    | "end first"
    | "watch"
    | "cancel"
    | "drop"
    | "tell"
    | "stop";
  /** Names the connection. */
  id: string;
  /** Bytes or messages. */
  size?: number;
}

/** Bytes that repeat in no power of two, so that one that is lost or doubled shows. */
export function pattern(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = index % 251;
  return bytes;
}

/** The SHA-256 of a message, read as a stream. */
export async function digest(
  message: Pick<Message, "body">,
): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of message.body) hash.update(chunk);
  return hash.digest("hex");
}

/** What an error says of itself. */
export function shown(error: unknown): string {
  const { code, reason } = error as LektError;
  return reason === undefined ? `${code}` : `${code} ${reason}`;
}
