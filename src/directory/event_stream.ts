/**
 * Streams of server-sent events: what a directory writes, and what a client
 * reads.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import type { Clock } from "./clock.ts";
import { EVENT_COMMENT_MS, RECORD_SIZE_MAX } from "./limits.ts";
import type { DirectoryEvent } from "./store.ts";

/** One event, as it was read. */
export interface ServerEvent {
  /** `put` or `gone`; unknown ones are to be ignored. Empty for a comment. */
  type: string;
  /** With `put`: the signed record. */
  data: string;
}

/** Says nothing; readers skip it. */
const COMMENT = ":\n\n";

/** Bytes of the longest event: a record and its field names. */
const EVENT_SIZE_MAX = RECORD_SIZE_MAX + 1_024;

/**
 * Writes changes as a stream of events: a comment first, so that proxies pass
 * the head on at once, and another one wherever there was nothing for 20 s.
 *
 * @param first The present state, which was awaited already.
 * @param end Called when the stream has ended or its reader went away.
 */
export function writeEvents(
  first: DirectoryEvent,
  events: AsyncIterator<DirectoryEvent>,
  clock: Clock,
  end: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let pending = Promise.resolve<IteratorResult<DirectoryEvent>>({
    value: first,
    done: false,
  });
  return new ReadableStream({
    start(controller): void {
      controller.enqueue(encoder.encode(COMMENT));
    },
    async pull(controller): Promise<void> {
      const result = await nextOrSilence(pending, clock);
      if (result === undefined) {
        controller.enqueue(encoder.encode(COMMENT));
      } else if (result.done) {
        controller.close();
        end();
      } else {
        pending = events.next();
        controller.enqueue(encoder.encode(eventText(result.value)));
      }
    },
    cancel: end,
  }, { highWaterMark: 0 });
}

/** Reads a stream of events; throws `PROTOCOL` where one is too long. */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split(/\r\n\r\n|\n\n|\r\r/);
    text = blocks.pop()!;
    if (text.length > EVENT_SIZE_MAX) {
      throw new LektError(
        "PROTOCOL",
        `Cannot follow a directory: an event has more than ${EVENT_SIZE_MAX} bytes`,
      );
    }
    for (const block of blocks) yield parseEvent(block);
  }
}

async function nextOrSilence(
  pending: Promise<IteratorResult<DirectoryEvent>>,
  clock: Clock,
): Promise<IteratorResult<DirectoryEvent> | undefined> {
  const stop = new AbortController();
  const silence = clock.wait(EVENT_COMMENT_MS, stop.signal);
  try {
    return await Promise.race([pending, silence.then(nothing)]);
  } finally {
    stop.abort();
  }
}

function nothing(): undefined {}

function eventText(event: DirectoryEvent): string {
  if (event.type === "gone") return "event: gone\ndata:\n\n";
  const { seq, token } = event.registration;
  return `event: put\nid: ${seq}\ndata: ${token}\n\n`;
}

function parseEvent(block: string): ServerEvent {
  const event: ServerEvent = { type: "", data: "" };
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [, field, value = ""] = /^(event|data): ?(.*)$/.exec(line) ?? [];
    if (field === "event") event.type = value;
    if (field === "data") event.data += value;
  }
  return event;
}
