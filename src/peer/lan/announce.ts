/**
 * This side in the local network: it answers those who ask who listens there.
 *
 * @module
 */
import { LektError } from "../../../mod.ts";
import {
  type Announced,
  ANNOUNCED_NAME_SIZE_MAX,
  type DnsRecord,
  encodeAnnouncement,
  SERVICE,
} from "./records.ts";
import type { OpenLanSocket } from "./socket.ts";

/** Answers are at least so many milliseconds apart, however many ask (RFC 6762, 6). */
const ANSWER_PAUSE_MS = 1_000;

/** What {@linkcode announce} works with. */
export interface AnnounceOptions {
  /** What is told. */
  readonly announced: Announced;
  /** The IPv4 addresses of this machine, as they are when somebody asks. */
  readonly addresses: () => readonly string[];
  /** Opens the socket. */
  readonly open: OpenLanSocket;
}

/**
 * Announces who listens, until the result is called, which takes it back.
 *
 * @throws {LektError} `INVALID_ARGUMENT` where the nickname is too long; and as `open` does.
 */
export async function announce(
  { announced, addresses, open }: AnnounceOptions,
): Promise<() => Promise<void>> {
  const size = new TextEncoder().encode(announced.nickname).length;
  if (size > ANNOUNCED_NAME_SIZE_MAX) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot announce a nickname of ${size} bytes in the local network: it has room for ${ANNOUNCED_NAME_SIZE_MAX}`,
    );
  }
  const instance = crypto.randomUUID();
  const name = `${instance}.${SERVICE}`;
  let answeredMs = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function records(ttl?: number): DnsRecord[] {
    return encodeAnnouncement(announced, {
      instance,
      addresses: addresses(),
      ...(ttl === undefined ? {} : { ttl }),
    });
  }

  function answer(): void {
    timer = undefined;
    answeredMs = performance.now();
    socket.respond(records());
  }

  const socket = await open({
    onQuery(names): void {
      if (!names.includes(SERVICE) && !names.includes(name)) return;
      const waitMs = answeredMs + ANSWER_PAUSE_MS - performance.now();
      if (waitMs <= 0) answer();
      else timer ??= setTimeout(answer, waitMs);
    },
  });
  answer();
  return async () => {
    clearTimeout(timer);
    socket.respond(records(0));
    await socket.close();
  };
}
