/**
 * Errors of the directory's HTTP interface (RFC 9457).
 *
 * @module
 */
import { answerJson } from "./answer.ts";

/** What went wrong with a request, for programs. */
export type ProblemCode =
  | "malformed"
  | "unauthorized"
  | "bad-signature"
  | "bad-audience"
  | "bad-nickname"
  | "bad-method"
  | "bad-lease"
  | "nickname-taken"
  | "stale-seq"
  | "too-large"
  | "too-slow"
  | "wrong-type"
  | "too-many"
  | "not-found"
  | "method-not-allowed"
  | "store-unavailable"
  | "closing"
  | "internal";

/** Status and title of each. */
const PROBLEMS: Readonly<Record<ProblemCode, readonly [number, string]>> = {
  "malformed": [400, "The record is malformed"],
  "unauthorized": [401, "A signed unregistration is needed"],
  "bad-signature": [403, "The signature is wrong"],
  "bad-audience": [403, "The record is for another directory"],
  "not-found": [404, "Nothing is registered here"],
  "method-not-allowed": [405, "The request method is not allowed here"],
  "too-slow": [408, "The request took too long"],
  "nickname-taken": [409, "The nickname belongs to another key"],
  "stale-seq": [409, "A later record was registered before"],
  "too-large": [413, "The record is too large"],
  "wrong-type": [415, "The record must be application/jwt"],
  "bad-nickname": [422, "The nickname cannot be registered"],
  "bad-method": [422, "A connection method cannot be registered"],
  "bad-lease": [422, "The times of the record are not acceptable"],
  "too-many": [429, "Too many requests"],
  "internal": [500, "The directory failed"],
  "store-unavailable": [503, "The store cannot be reached"],
  "closing": [503, "The directory is ending"],
};

/** What no honest program does, whatever its clock, its settings and others say. */
const MISBEHAVIOUR: readonly ProblemCode[] = [
  "malformed",
  "bad-signature",
  "too-large",
  "too-slow",
  "wrong-type",
  "too-many",
];

/** A request that is answered with a problem document. */
export class Problem extends Error {
  /** What went wrong. */
  readonly code: ProblemCode;
  /** What the client is told about this very case, and the headers that go with it. */
  readonly details: { detail?: string; headers?: Record<string, string> };

  /** Makes the error; it is thrown inside a handler. */
  constructor(
    code: ProblemCode,
    details: { detail?: string; headers?: Record<string, string> } = {},
  ) {
    super(details.detail ?? PROBLEMS[code][1]);
    this.name = "Problem";
    this.code = code;
    this.details = details;
  }

  /** Whether the client broke a rule. */
  get isMisbehaviour(): boolean {
    return MISBEHAVIOUR.includes(this.code);
  }

  /** The HTTP status. */
  get status(): number {
    return PROBLEMS[this.code][0];
  }

  /** The answer: `application/problem+json` with `type`, `title`, `status`, `code`, and `detail` where there is one. */
  toResponse(): Response {
    const { detail, headers } = this.details;
    const [status, title] = PROBLEMS[this.code];
    const type = `urn:lekt:problem:${this.code}`;
    const document = { type, title, status, code: this.code, detail };
    return answerJson(document, status, {
      ...headers,
      "content-type": "application/problem+json",
      "cache-control": "no-store",
    });
  }
}
