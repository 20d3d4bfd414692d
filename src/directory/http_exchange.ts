/**
 * Requests and answers of `node:http` as those of the Fetch standard, which
 * the directory's interface speaks.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";

/** Stands in the place of the host: nothing here depends on what the client calls it. */
const BASE = "http://directory";

/**
 * A request of `node:http` as a `Request`; `undefined` where there is no such
 * one, as for the method TRACE.
 */
export function toRequest(incoming: IncomingMessage): Request | undefined {
  const { method = "GET", url = "/", rawHeaders } = incoming;
  const headers = new Headers();
  try {
    for (let index = 0; index < rawHeaders.length; index += 2) {
      headers.append(rawHeaders[index]!, rawHeaders[index + 1]!);
    }
    const hasBody = method !== "GET" && method !== "HEAD" &&
      (headers.has("content-length") || headers.has("transfer-encoding"));
    return new Request(url.startsWith("/") ? BASE + url : url, {
      method,
      headers,
      // Node takes no body as a stream without `duplex`.
      ...(hasBody ? { body: bodyOf(incoming), duplex: "half" } : {}),
    });
  } catch {
    return undefined;
  }
}

/** Sends an answer; resolves when all of it was handed over, or the client went away. */
export async function sendResponse(
  response: Response,
  outgoing: ServerResponse,
): Promise<void> {
  for (const [name, value] of response.headers) outgoing.setHeader(name, value);
  outgoing.statusCode = response.status;
  const { body } = response;
  if (body === null) {
    outgoing.end();
  } else if (response.headers.get("content-type") === "text/event-stream") {
    await sendStream(body, outgoing);
  } else {
    outgoing.end(await response.bytes());
  }
}

async function sendStream(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
): Promise<void> {
  const reader = body.getReader();
  let onRoom = ignore;
  outgoing.on("drain", () => onRoom());
  outgoing.on("close", () => {
    onRoom();
    reader.cancel().catch(ignore);
  });
  outgoing.flushHeaders();
  while (true) {
    const { value, done } = await reader.read();
    if (done || outgoing.destroyed) break;
    if (outgoing.write(value)) continue;
    const room = Promise.withResolvers<void>();
    onRoom = room.resolve;
    await room.promise;
  }
  outgoing.end();
}

/** The body of a request, read as fast as it is taken. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let isOver = false;
  function end(act: () => void): void {
    if (isOver) return;
    isOver = true;
    act();
  }
  return new ReadableStream<Uint8Array>({
    start(controller): void {
      incoming.on("data", (chunk: Uint8Array) => {
        if (isOver) return;
        incoming.pause();
        controller.enqueue(chunk);
      });
      incoming.on("end", () => end(() => controller.close()));
      incoming.on("error", (error) => end(() => controller.error(error)));
      incoming.pause();
    },
    pull(): void {
      incoming.resume();
    },
    cancel(): void {
      end(ignore);
      // What is left of it is read past the answer, until the deadline.
      incoming.resume();
    },
  }, { highWaterMark: 0 });
}

function ignore(): void {}
