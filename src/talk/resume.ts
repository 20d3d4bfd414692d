/**
 * What two programs say to each other to go on with a conversation whose
 * connection was lost (`PROTOCOL.md`, section 9).
 *
 * @module
 */
import { magicOf, parseJsonObject } from "./mod.ts";
import { isInteger, jsonMessage } from "./offer.ts";

/** The eight bytes that it begins with: `\0LEKTS1\n`. */
export const RESUME_MAGIC: Uint8Array<ArrayBuffer> = magicOf("S");

/** Texts of which it can say that they were taken: as many as may be unconfirmed at once. */
export const TAKEN_COUNT_MAX = 1024;

/** Bytes of the longest one. */
export const RESUME_SIZE_MAX = 64 * 1024;

/** The highest number of a connection of one conversation. */
const LINK_MAX = 1_000_000;

const ID_MAX = 0xffff_ffff;

/** A text: the number of the connection over which it came, and its message id there. */
export type TextId = readonly [link: number, id: number];

/** What is said first on a connection that is to go on with a conversation. */
export type Resume =
  /** Of the side that connects. */
  | {
    readonly kind: "ask";
    /** How long ago the conversation began, in milliseconds. */
    readonly ageMs: number;
    /** The number of this connection in it; that of the first was 0. */
    readonly link: number;
    /** The texts of the other side that were taken last. */
    readonly taken: readonly TextId[];
  }
  /** The answer: the conversation is known. */
  | { readonly kind: "known"; readonly taken: readonly TextId[] }
  /** The answer: it is not, and what follows is a new one. */
  | { readonly kind: "unknown" };

/** What the side that connects says. */
export type ResumeAsk = Resume & { kind: "ask" };

/** Encodes it as one message. */
export function encodeResume(resume: Resume): Uint8Array<ArrayBuffer> {
  switch (resume.kind) {
    case "ask": {
      const { ageMs, link, taken } = resume;
      return jsonMessage(RESUME_MAGIC, {
        age: Math.round(ageMs),
        link,
        taken: taken.slice(-TAKEN_COUNT_MAX),
      });
    }
    case "known":
      return jsonMessage(RESUME_MAGIC, {
        known: true,
        taken: resume.taken.slice(-TAKEN_COUNT_MAX),
      });
    case "unknown":
      return jsonMessage(RESUME_MAGIC, { known: false });
  }
}

/** Reads what follows its first eight bytes; `undefined` where it is none. */
export function parseResume(json: Uint8Array): Resume | undefined {
  const members = parseJsonObject(json);
  if (!members) return undefined;
  const { age, link, known } = members;
  if (known === false) return { kind: "unknown" };
  const taken = readTaken(members["taken"]);
  if (!taken) return undefined;
  if (known === true) return { kind: "known", taken };
  if (known !== undefined || !isInteger(age, 0, Number.MAX_SAFE_INTEGER)) {
    return undefined;
  }
  if (!isInteger(link, 1, LINK_MAX)) return undefined;
  return { kind: "ask", ageMs: age, link, taken };
}

function readTaken(value: unknown): TextId[] | undefined {
  if (!Array.isArray(value) || value.length > TAKEN_COUNT_MAX) return undefined;
  const taken: TextId[] = [];
  for (const pair of value) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const [link, id] = pair;
    if (!isInteger(link, 0, LINK_MAX) || !isInteger(id, 0, ID_MAX)) {
      return undefined;
    }
    taken.push([link, id]);
  }
  return taken;
}
