/**
 * Bodies of requests and answers that come from strangers: bounded in size and
 * in time.
 *
 * @module
 */
import { withDeadline } from "./clock.ts";
import { BODY_DEADLINE_MS, RECORD_SIZE_MAX } from "./limits.ts";
import { Problem } from "./problem.ts";

/**
 * The text of a request's body: at most 8 KiB, whole within 10 s.
 *
 * @throws {Problem} `too-large` as soon as it is known to be, or `too-slow`.
 */
export async function readBody(request: Request): Promise<string> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > RECORD_SIZE_MAX) throw new Problem("too-large");
  const text = await withDeadline(
    readText(request.body, RECORD_SIZE_MAX),
    BODY_DEADLINE_MS,
    () => new Problem("too-slow"),
  );
  if (text === undefined) throw new Problem("too-large");
  return text;
}

/** The text of a body, or `undefined` where it has more than `sizeMax` bytes; the rest is then not read. */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  sizeMax: number,
): Promise<string | undefined> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > sizeMax) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
