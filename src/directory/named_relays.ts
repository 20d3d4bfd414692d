/**
 * The relays that a directory names, as a client reads them.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { type DirectoryAnswer, readDocument, readProblem } from "./http.ts";
import { RELAYS_MAX } from "./limits.ts";

/**
 * Reads the answer of the directory at `url`; what is no origin is left out.
 *
 * @throws {LektError} `PROTOCOL` where it is no list.
 */
export function readRelays(answer: DirectoryAnswer, url: string): string[] {
  const { relays } = readDocument(answer.text);
  if (answer.status !== 200 || !Array.isArray(relays)) {
    throw new LektError(
      "PROTOCOL",
      `Cannot use what ${url} says of relays: ${readProblem(answer).detail}`,
    );
  }
  // A reference such as `/` is to where the directory is itself.
  const origins = relays.slice(0, RELAYS_MAX).map((text) =>
    typeof text === "string" ? URL.parse(text, url) : null
  ).filter((parsed) => parsed !== null && /^https?:$/.test(parsed.protocol))
    .map((parsed) => parsed!.origin);
  return [...new Set(origins)];
}
