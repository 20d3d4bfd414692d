/**
 * Bodies of requests, which come from strangers: bounded in size and in time.
 *
 * @module
 */
import { BODY_DEADLINE_MS, RECORD_SIZE_MAX } from "./limits.ts";
import { Problem } from "./problem.ts";
import { collectText } from "./text_body.ts";

/**
 * The text of a request's body: at most 8 KiB, whole within 10 s, and before
 * the directory ends.
 *
 * @throws {Problem} `too-large` as soon as it is known to be, `too-slow`, or `malformed` where it breaks off.
 */
export async function readBody(
  request: Request,
  closing: AbortSignal,
): Promise<string> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > RECORD_SIZE_MAX) throw new Problem("too-large");
  if (request.body === null) return "";
  const reader = request.body.getReader();
  let isLate = false;
  function giveUp(): void {
    isLate = true;
    // Only this ends a read that is under way.
    reader.cancel().catch(() => {});
  }
  const timer = setTimeout(giveUp, BODY_DEADLINE_MS);
  closing.addEventListener("abort", giveUp);
  try {
    const text = await collectText(reader, RECORD_SIZE_MAX).catch(breakOff);
    if (isLate) throw new Problem("too-slow");
    if (text === undefined) throw new Problem("too-large");
    return text;
  } finally {
    clearTimeout(timer);
    closing.removeEventListener("abort", giveUp);
  }
}

function breakOff(): never {
  throw new Problem("malformed", { detail: "The body broke off" });
}
