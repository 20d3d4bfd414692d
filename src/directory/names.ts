/**
 * Nicknames as a directory sees them, and `nickname#thumbprint`.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { nicknameFault as textFault, shown } from "../base/text.ts";

/** A nickname, and the identity that it must have, where that was given. */
export interface PeerName {
  /** The nickname, as it was registered. */
  nickname: string;
  /** The RFC 7638 thumbprint of the key that must hold the nickname: 43 characters of base64url. */
  thumbprint?: string;
}

const SHA256_BASE64URL = /^[A-Za-z0-9_-]{43}$/;

const WITH_THUMBPRINT = /^(.*)#([\w-]{43})$/s;

/** Tells whether `text` is a SHA-256 in base64url without padding, as thumbprints and `spki` are. */
export function isDigest(text: unknown): text is string {
  return typeof text === "string" && SHA256_BASE64URL.test(text);
}

/**
 * What is wrong with a nickname that is to be registered, to stand behind the
 * word "nickname"; `undefined` where nothing is.
 *
 * Besides the rules of `PROTOCOL.md` section 3: `.` and `..` cannot stand in
 * the path of a URL, however they are encoded, and a nickname that ends like a
 * thumbprint would be taken for one.
 */
export function nicknameFault(nickname: unknown): string | undefined {
  if (typeof nickname !== "string") return "is not a string";
  const fault = textFault(nickname);
  if (fault !== undefined) return fault;
  if (nickname === "." || nickname === "..") {
    return "cannot stand in the path of a URL";
  }
  if (splitThumbprint(nickname).thumbprint !== undefined) {
    return "ends in # and a thumbprint";
  }
  return undefined;
}

/**
 * Reads `nickname` or `nickname#thumbprint`; throws `INVALID_ARGUMENT` when the
 * nickname is malformed.
 *
 * @param text `nickname` or `nickname#thumbprint`.
 *
 * @example
 * ```ts
 * import { parsePeerName } from "@lekt/lekt/directory";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parsePeerName("bob"), { nickname: "bob" });
 * const thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
 * assertEquals(parsePeerName(`bob#${thumbprint}`), { nickname: "bob", thumbprint });
 * ```
 */
export function parsePeerName(text: string): PeerName {
  const name = splitThumbprint(text);
  const fault = nicknameFault(name.nickname);
  if (fault !== undefined) {
    throw new LektError(
      "INVALID_ARGUMENT",
      `Cannot look up "${shown(text)}": its nickname ${fault}`,
    );
  }
  return name;
}

/** Cuts `text` at its last `#` where a thumbprint stands behind it. */
function splitThumbprint(text: string): PeerName {
  const [, nickname, thumbprint] = WITH_THUMBPRINT.exec(text) ?? [];
  return thumbprint ? { nickname: nickname!, thumbprint } : { nickname: text };
}
