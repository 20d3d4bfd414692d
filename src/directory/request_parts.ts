/**
 * What is read of the head of a request.
 *
 * @module
 */
import { nicknameFault } from "./names.ts";
import { Problem } from "./problem.ts";

/** The nickname of the path; `not-found` where none can be registered under it. */
export function requestedNickname(url: string): string {
  const nickname = pathNickname(url);
  if (nicknameFault(nickname) !== undefined) throw new Problem("not-found");
  return nickname!;
}

/** The nickname of the path, decoded once and strictly; Hono's own decoding lets malformed text through. */
export function pathNickname(url: string): string | undefined {
  const segment = /\/v1\/peers\/([^/?#]*)/.exec(url)?.[1] ?? "";
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** Whether the client has that very version already. */
export function isMatch(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((tag) =>
    tag.trim().replace(/^W\//, "") === etag
  );
}
