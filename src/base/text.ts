/**
 * Text that crosses the wire: nicknames and reasons (`PROTOCOL.md`, section 3),
 * and how text from the other side is shown to a person.
 *
 * @module
 */
import { LektError, messageOf } from "./errors.ts";
import { NICKNAME_SIZE_MAX, REASON_SIZE_MAX } from "./limits.ts";

/** What a replaced character becomes. */
const REPLACEMENT = "\uFFFD";

/**
 * The characters that a nickname must not hold. `Cc` is the control characters
 * U+0000 to U+001F and U+007F to U+009F, a set that Unicode has frozen; the
 * others are spelled out, so that no engine's Unicode version moves the rule.
 */
const FORBIDDEN = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/u;
const FORBIDDEN_ALL = new RegExp(FORBIDDEN, "gu");

/** Characters of an argument that an error quotes. */
const SHOWN_MAX = 300;

const ENCODER = new TextEncoder();

// `ignoreBOM` keeps a byte order mark in the text; without it two different
// byte strings would become the same text.
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A nickname that was read, or what is wrong with it. */
export type NicknameReading =
  | { readonly nickname: string; readonly fault?: undefined }
  | {
    readonly nickname?: undefined;
    readonly fault: string;
    /** The rule that it breaks. */
    readonly ruleId: "H-4" | "H-5" | "T-1";
  };

/**
 * Decodes UTF-8 to the letter: `undefined` where it is malformed, and a byte
 * order mark stays part of the text.
 *
 * @param bytes The bytes, of any number.
 * @return The text, or `undefined` where the bytes are not well-formed UTF-8.
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return DECODER.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Tells what is wrong with a nickname (`PROTOCOL.md`, section 3): it is 1 to
 * 255 bytes of UTF-8 without control characters, line and paragraph
 * separators, directional controls and U+FEFF.
 *
 * @param nickname The nickname, as the application has it.
 * @return The fault, such as `is empty`, to stand behind the word "nickname"; `undefined` where there is none.
 */
export function nicknameFault(nickname: string): string | undefined {
  if (nickname.length === 0) return "is empty";
  if (!nickname.isWellFormed()) return "is not well-formed Unicode";
  // A UTF-16 unit needs one to three bytes of UTF-8: no need to encode the short ones and the huge ones.
  if (
    nickname.length * 3 > NICKNAME_SIZE_MAX &&
    (nickname.length > NICKNAME_SIZE_MAX ||
      ENCODER.encode(nickname).length > NICKNAME_SIZE_MAX)
  ) {
    return `is longer than ${NICKNAME_SIZE_MAX} bytes`;
  }
  const forbidden = FORBIDDEN.exec(nickname);
  if (forbidden) return `holds the forbidden character ${codePoint(forbidden)}`;
  return undefined;
}

/**
 * Encodes this side's own nickname.
 *
 * @param nickname The nickname.
 * @return 1 to 255 bytes of UTF-8, without the NUL that ends them on the wire.
 * @throws {LektError} `INVALID_ARGUMENT` where the nickname breaks section 3 of `PROTOCOL.md`.
 */
export function encodeNickname(nickname: string): Uint8Array {
  checkNickname(nickname);
  return ENCODER.encode(nickname);
}

/**
 * Checks this side's own nickname.
 *
 * @param nickname The nickname.
 * @throws {LektError} `INVALID_ARGUMENT` where the nickname breaks section 3 of `PROTOCOL.md`.
 */
export function checkNickname(nickname: string): void {
  const fault = typeof nickname === "string"
    ? nicknameFault(nickname)
    : "is not a string";
  if (fault === undefined) return;
  throw new LektError(
    "INVALID_ARGUMENT",
    `Cannot use the nickname "${shown(nickname)}": it ${fault}`,
  );
}

/**
 * Decodes the other side's nickname and judges it.
 *
 * @param bytes What stood before the NUL, or, where none came, more than 255 bytes.
 * @return The nickname exactly as sent, or its fault.
 */
export function decodeNickname(bytes: Uint8Array): NicknameReading {
  if (bytes.length > NICKNAME_SIZE_MAX) {
    const fault = `is longer than ${NICKNAME_SIZE_MAX} bytes`;
    return { fault, ruleId: "H-4" };
  }
  const nickname = decodeText(bytes);
  if (nickname === undefined) {
    return { fault: "is not well-formed UTF-8", ruleId: "T-1" };
  }
  const fault = nicknameFault(nickname);
  if (fault === undefined) return { nickname };
  return { fault, ruleId: nickname === "" ? "H-4" : "H-5" };
}

/**
 * Makes any text fit to be the reason of a Reject or an Abort (`PROTOCOL.md`,
 * sections 3 and 5): NUL and lone surrogates become U+FFFD, and what does not
 * fit 1023 bytes is cut off at a character boundary.
 *
 * @param reason The reason, of any length.
 * @return The reason as the other side will read it; 0 to 1023 bytes in UTF-8.
 */
export function cutReason(reason: string): string {
  if (reason === "") return reason;
  // A UTF-16 unit needs at least one byte: more units than bytes never fit.
  const text = reason.slice(0, REASON_SIZE_MAX + 1)
    .replaceAll("\0", REPLACEMENT);
  const bytes = new Uint8Array(REASON_SIZE_MAX);
  // `encodeInto` never writes half a character.
  const { written } = ENCODER.encodeInto(text, bytes);
  return DECODER.decode(bytes.subarray(0, written));
}

/**
 * Encodes a reason, made fit by {@linkcode cutReason}.
 *
 * @param reason The reason, of any length.
 * @return 0 to 1023 bytes of UTF-8 without NUL.
 */
export function encodeReason(reason: string): Uint8Array {
  return ENCODER.encode(cutReason(reason));
}

/**
 * Decodes the reason of a Reject or an Abort (`PROTOCOL.md`, sections 3 and 5).
 *
 * @param bytes The reason without the NUL that may end it on the wire.
 * @return The reason exactly as sent, or `undefined` where it is more than 1023 bytes, holds NUL, or is not well-formed UTF-8.
 */
export function decodeReason(bytes: Uint8Array): string | undefined {
  if (bytes.length > REASON_SIZE_MAX || bytes.includes(0)) return undefined;
  return decodeText(bytes);
}

/**
 * Makes text from the other side harmless before it is shown to a person:
 * each character that a nickname must not hold (control characters, line and
 * paragraph separators, directional controls, U+FEFF) becomes a visible
 * escape, such as `\u{1b}` for ESC. Everything else stays as it is. The result is
 * one line. It is for eyes only: text that held `\u{1b}` from the start looks the same.
 *
 * @param text Any text.
 * @return The text without any of those characters.
 */
export function harmless(text: string): string {
  return text.replace(
    FORBIDDEN_ALL,
    (character) => `\\u{${character.charCodeAt(0).toString(16)}}`,
  );
}

/** What a caller's argument says, whatever it is: harmless, and not too long for a message. */
export function shown(value: unknown): string {
  return harmless(messageOf(value).slice(0, SHOWN_MAX));
}

function codePoint(character: RegExpExecArray): string {
  const code = character[0].charCodeAt(0).toString(16).toUpperCase();
  return `U+${code.padStart(4, "0")}`;
}
