/**
 * The messages by which two sides prove to each other that they know the same
 * code (`PROTOCOL.md`, section 9, "Meeting by code"), and what they rest on.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { concat, startsWith } from "@std/bytes";
import { hkdfSync } from "node:crypto";
import { CODE_MAGIC, MAGIC_SIZE, parseJsonObject } from "./mod.ts";
import {
  CONFIRMATION_SIZE,
  scalarOf,
  SHARE_SIZE,
  Spake2,
  type Spake2Side,
} from "./spake2.ts";
import { cutReason } from "../base/text.ts";

/** Bytes of the longest message of a proof: a reason of 1023 bytes in JSON's longest spelling fits. */
export const CODE_MESSAGE_SIZE_MAX = 8192;

/** What keeps this use of SPAKE2 apart from any other, and one version of it from the next. */
const PURPOSE = "LEKT code 1";

/** Bytes of what an introduction signs, behind its text. */
const BINDING_SIZE = 32;

const ENCODER = new TextEncoder();

/** One message of a proof. */
export type CodeMessage =
  | { readonly step: "share"; readonly share: Uint8Array<ArrayBuffer> }
  | {
    readonly step: "confirmation";
    readonly confirmation: Uint8Array<ArrayBuffer>;
  }
  | ({ readonly step: "introduction" } & Introduction)
  | { readonly step: "refusal"; readonly reason: string };

/** Who a side is besides knowing the code; both members or none. */
export interface Introduction {
  /** The public key of its identity: an Ed25519 key, 32 bytes in base64url. */
  readonly key?: string;
  /** Its signature of {@linkcode introductionText}: 64 bytes in base64url. */
  readonly signature?: string;
}

/** The two keys that the connection under the proof has shown: base64url SHA-256 of each SubjectPublicKeyInfo. */
export interface ShownKeys {
  /** The initiator's. */
  readonly initiator: string;
  /** The responder's. */
  readonly responder: string;
}

/** The number that a code stands for in proofs; takes some 50 ms, so once for a code. */
export function codeScalar(code: string): bigint {
  return scalarOf(code, PURPOSE);
}

/** One side's part in a proof: the initiator is A. */
export function beginProof(
  side: Spake2Side,
  scalar: bigint,
  { initiator, responder }: ShownKeys,
): Spake2 {
  return new Spake2(side, {
    scalar,
    identityA: initiator,
    identityB: responder,
    purpose: PURPOSE,
  });
}

/**
 * What a side signs to say who it is: bound to this very proof, and so to both
 * TLS keys.
 *
 * @param side Whose introduction it is.
 * @param key The key of the proof.
 */
export function introductionText(
  side: Spake2Side,
  key: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const binding = hkdfSync("sha256", key, "", "Introduction", BINDING_SIZE);
  return concat([
    ENCODER.encode(`${PURPOSE} introduction ${side}\n`),
    new Uint8Array(binding),
  ]);
}

/** Encodes one message of a proof. */
export function encodeCodeMessage(
  message: CodeMessage,
): Uint8Array<ArrayBuffer> {
  const json = JSON.stringify(message, (_, value) => {
    if (value instanceof Uint8Array) return toBase64Url(value);
    return value;
  });
  return concat([CODE_MAGIC, ENCODER.encode(json)]);
}

/** Reads a whole message; `undefined` where it is no message of a proof, or a malformed one. */
export function parseCodeMessage(bytes: Uint8Array): CodeMessage | undefined {
  if (bytes.length > CODE_MESSAGE_SIZE_MAX) return undefined;
  if (!startsWith(bytes, CODE_MAGIC)) return undefined;
  const members = parseJsonObject(bytes.subarray(MAGIC_SIZE));
  switch (members?.["step"]) {
    case "share": {
      const share = fromBase64Url(members["share"], SHARE_SIZE);
      return share && { step: "share", share };
    }
    case "confirmation": {
      const { confirmation: text } = members;
      const confirmation = fromBase64Url(text, CONFIRMATION_SIZE);
      return confirmation && { step: "confirmation", confirmation };
    }
    case "introduction":
      return readIntroduction(members);
    case "refusal": {
      const { reason } = members;
      return {
        step: "refusal",
        reason: typeof reason === "string" ? cutReason(reason) : "",
      };
    }
    default:
      return undefined;
  }
}

function readIntroduction(
  { key, signature }: Record<string, unknown>,
): CodeMessage | undefined {
  if (key === undefined && signature === undefined) {
    return { step: "introduction" };
  }
  const isWhole = fromBase64Url(key, 32) && fromBase64Url(signature, 64);
  return isWhole
    ? {
      step: "introduction",
      key: key as string,
      signature: signature as string,
    }
    : undefined;
}

/** Bytes in base64url without padding (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** The bytes of a text in base64url; `undefined` where it is none, or one of another size. */
export function fromBase64Url(
  text: unknown,
  size: number,
): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== "string") return undefined;
  if (text.length !== Math.ceil(size * 4 / 3)) return undefined;
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  // One spelling for each: Node reads more than it writes.
  return toBase64Url(bytes) === text ? bytes : undefined;
}
