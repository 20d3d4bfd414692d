/**
 * Signed records: registrations and unregistrations as JWTs, made with the
 * client's own key and checked by whoever reads them.
 *
 * @module
 */
import { LektError } from "../base/errors.ts";
import { harmless } from "../base/text.ts";
import { type Identity, thumbprintOf } from "./identity.ts";
import {
  type JsonObject,
  type PublicJwk,
  readHeader,
  SignatureError,
  signObject,
  verifyObject,
} from "./jws.ts";
import {
  CLOCK_SKEW_MAX_S,
  PRIORITY_MAX,
  RECORD_METHODS_MAX,
  RECORD_SIZE_MAX,
  RECORD_URI_SIZE_MAX,
} from "./limits.ts";
import { isDigest, nicknameFault } from "./names.ts";

/** `typ` of a registration. */
export const REGISTRATION_TYPE = "lekt-reg+jwt";

/** `typ` of an unregistration. */
export const UNREGISTRATION_TYPE = "lekt-unreg+jwt";

/** One way to reach a client, as its registration tells it. */
export interface RegisteredMethod {
  /** The connection method: a URI of at most 512 characters. */
  uri: string;
  /** Lower ones are tried first; 0 to 65535. Default: 0. */
  priority: number;
  /**
   * base64url SHA-256 of the SubjectPublicKeyInfo of the certificate that is
   * shown there, for methods with one.
   */
  spki?: string;
}

/** What a record says, after its signature and its claims were checked. */
export interface SignedRecord {
  /** Who it is about. */
  nickname: string;
  /** The RFC 7638 thumbprint of the key that signed it: the identity shown to people. */
  thumbprint: string;
  /** The origin of the directory that it is for. */
  audience: string;
  /** Rises with each record of one key for one nickname. */
  seq: number;
  /** When it was signed, in seconds since 1970, by the signer's clock. */
  issuedAt: number;
  /** Until when it may be served, in seconds since 1970. */
  expiresAt: number;
  /** The connection methods, in the signer's order; empty for a client that only dials. */
  methods: RegisteredMethod[];
  /** As {@linkcode RegisteredMethod.spki}, of the certificate that the client shows when it dials. */
  spki?: string;
  /** The JWT, byte for byte. */
  token: string;
}

/** What to sign; see {@linkcode SignedRecord}. */
export type RecordClaims =
  & Pick<SignedRecord, "nickname" | "audience" | "seq" | "issuedAt">
  & Pick<SignedRecord, "expiresAt">
  & Partial<Pick<SignedRecord, "methods">>
  & { spki?: string | undefined };

/** What is wrong with a record. */
export type RecordFault =
  | "malformed"
  | "too-large"
  | "bad-signature"
  | "bad-nickname"
  | "bad-method"
  | "bad-lease";

/**
 * Why a record was refused; always the fault of whoever made or sent it.
 *
 * @example
 * ```ts
 * import { readRecord, RecordError } from "@lekt/lekt/directory";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const error = await assertRejects(
 *   () => readRecord("not a JWT", Date.now() / 1_000),
 *   RecordError,
 * );
 * assertEquals(error.fault, "malformed");
 * ```
 */
export class RecordError extends LektError {
  /** What is wrong, for programs. */
  readonly fault: RecordFault;

  /**
   * Makes an error with the fault and its text.
   *
   * @param fault What is wrong, for programs.
   * @param message What is wrong, in words.
   * @param options What lies beneath.
   */
  constructor(fault: RecordFault, message: string, options?: ErrorOptions) {
    super("PROTOCOL", message, options);
    this.name = "RecordError";
    this.fault = fault;
  }
}

/**
 * Signs a registration, or an unregistration where `type` says so.
 *
 * @param identity Whose key signs.
 * @param claims What it says.
 * @param type What kind of record it is.
 * @returns The JWT: a JWS in compact form, Ed25519, whose header holds the public key.
 * @throws {RecordError} what {@linkcode readRecord} would find wrong with it.
 *
 * @example A registration by hand
 * ```ts
 * import { createIdentity, signRecord, startDirectory } from "@lekt/lekt/directory";
 * import { assertEquals } from "@std/assert";
 *
 * await using directory = await startDirectory({ port: 0 });
 * const issuedAt = Math.floor(Date.now() / 1_000);
 * const token = await signRecord(await createIdentity(), {
 *   nickname: "bob",
 *   audience: directory.url,
 *   seq: Date.now(),
 *   issuedAt,
 *   expiresAt: issuedAt + 300,
 *   methods: [{ uri: "tcp://192.0.2.7:15358", priority: 10 }],
 * });
 * const answer = await fetch(`${directory.url}/v1/peers/bob`, {
 *   method: "PUT",
 *   headers: { "content-type": "application/jwt" },
 *   body: token,
 * });
 * assertEquals(answer.status, 201);
 * await answer.body?.cancel();
 * ```
 */
export async function signRecord(
  identity: Identity,
  claims: RecordClaims,
  type: string = REGISTRATION_TYPE,
): Promise<string> {
  const { nickname, audience, seq, issuedAt, expiresAt, methods, spki } =
    claims;
  const token = await signObject(identity, type, {
    seq,
    methods: type === REGISTRATION_TYPE ? methods ?? [] : undefined,
    spki,
    sub: nickname,
    aud: audience,
    iat: issuedAt,
    exp: expiresAt,
  });
  await readRecord(token, issuedAt, type);
  return token;
}

/**
 * Checks a record and reads it: its size first, then its header, then its
 * signature, then its claims. Unknown claims and URI schemes are
 * ignored.
 *
 * @param token The JWT, at most 8 KiB.
 * @param now The time, in seconds since 1970.
 * @param type What kind of record it must be.
 * @throws {RecordError} whose `fault` says what is wrong.
 *
 * @example
 * ```ts
 * import { createIdentity, readRecord, signRecord } from "@lekt/lekt/directory";
 * import { assertEquals } from "@std/assert";
 *
 * const identity = await createIdentity();
 * const token = await signRecord(identity, {
 *   nickname: "bob",
 *   audience: "https://dir.example",
 *   seq: 1,
 *   issuedAt: 1_795_330_000,
 *   expiresAt: 1_795_330_300,
 * });
 * const record = await readRecord(token, 1_795_330_010);
 * assertEquals(record.nickname, "bob");
 * assertEquals(record.thumbprint, identity.thumbprint);
 * ```
 */
export async function readRecord(
  token: string,
  now: number,
  type: string = REGISTRATION_TYPE,
): Promise<SignedRecord> {
  const thumbprint = await thumbprintOf(recordKey(token, type));
  return await verifyRecord(token, thumbprint, now, type);
}

/** The rest of {@linkcode readRecord}, for who knows the thumbprint of {@linkcode recordKey} already. */
export async function verifyRecord(
  token: string,
  thumbprint: string,
  now: number,
  type: string = REGISTRATION_TYPE,
): Promise<SignedRecord> {
  const payload = await verify(token, now, type);
  const fields = readFields(payload);
  checkTimes(fields, now);
  const methods = type === REGISTRATION_TYPE
    ? readMethods(payload["methods"])
    : [];
  const spki = readSpki(payload["spki"], "registration");
  return {
    ...fields,
    thumbprint,
    methods,
    token,
    ...(spki === undefined ? {} : { spki }),
  };
}

/**
 * The public key that a record claims to be signed with, in base64url; the
 * signature is not checked, so this is for limits alone.
 *
 * @throws {RecordError} `too-large` or `malformed`.
 */
export function recordKey(
  token: string,
  type: string = REGISTRATION_TYPE,
): string {
  return readKey(token, type).x;
}

/**
 * The key in the header of something signed; the signature is not checked.
 *
 * @throws {RecordError} `too-large` or `malformed`.
 */
export function readKey(token: string, type: string): PublicJwk {
  if (token.length > RECORD_SIZE_MAX) {
    throw fault("too-large", `it has more than ${RECORD_SIZE_MAX} bytes`);
  }
  let header: JsonObject;
  try {
    header = readHeader(token);
  } catch (cause) {
    throw fault("malformed", "it is not a JWT", cause);
  }
  if (header["typ"] !== type) {
    throw fault("malformed", `its typ is not ${type}`);
  }
  // What is critical must be understood, and nothing is here (RFC 7515, section 4.1.11).
  if ("crit" in header) throw fault("malformed", "its header is not known");
  const jwk: JsonObject = Object(header["jwk"]);
  if (
    header["alg"] !== "Ed25519" || jwk["kty"] !== "OKP" ||
    jwk["crv"] !== "Ed25519" ||
    !isDigest(jwk["x"])
  ) {
    throw fault("malformed", "its header does not hold an Ed25519 key");
  }
  return jwk as PublicJwk;
}

async function verify(
  token: string,
  now: number,
  type: string,
): Promise<JsonObject> {
  let payload: JsonObject;
  try {
    payload = await verifyObject(token, readKey(token, type));
  } catch (cause) {
    if (cause instanceof LektError) throw cause;
    if (cause instanceof SignatureError) {
      throw fault("bad-signature", "its signature is wrong", cause);
    }
    throw fault("malformed", "it is not a JWT as expected", cause);
  }
  const { nbf } = payload;
  if (nbf === undefined) return payload;
  if (typeof nbf === "number" && nbf <= now + CLOCK_SKEW_MAX_S) return payload;
  throw fault("malformed", "its nbf is no time, or in the future");
}

function readFields(
  payload: Record<string, unknown>,
): Omit<SignedRecord, "thumbprint" | "methods" | "spki" | "token"> {
  const { sub, aud, seq, iat, exp } = payload;
  const nameFault = nicknameFault(sub);
  if (nameFault !== undefined) {
    throw fault("bad-nickname", `its nickname ${nameFault}`);
  }
  if (typeof aud !== "string" || aud === "") {
    throw fault("malformed", "its aud is not an origin");
  }
  if (!isCount(seq)) throw fault("malformed", "its seq is not an integer");
  if (!isCount(iat) || !isCount(exp)) {
    throw fault("malformed", "its iat or exp is not an integer");
  }
  return {
    nickname: sub as string,
    audience: aud,
    seq,
    issuedAt: iat,
    expiresAt: exp,
  };
}

function checkTimes(
  { issuedAt, expiresAt }: Pick<SignedRecord, "issuedAt" | "expiresAt">,
  now: number,
): void {
  const ahead = issuedAt - Math.floor(now);
  if (issuedAt > now + CLOCK_SKEW_MAX_S) {
    throw fault(
      "bad-lease",
      `it was signed ${ahead} s in the future: its signer's clock is ahead, or its reader's behind`,
    );
  }
  if (expiresAt <= now) {
    throw fault(
      "bad-lease",
      `it expired ${Math.ceil(now) - expiresAt} s ago, by its reader's clock`,
    );
  }
  if (expiresAt <= issuedAt) {
    throw fault("bad-lease", "it expires before it was signed");
  }
}

/** Checks a list of connection methods, but for what their schemes ask; throws a {@linkcode RecordError}. */
export function readMethods(list: unknown): RegisteredMethod[] {
  if (!Array.isArray(list)) {
    throw fault("malformed", "its methods are not a list");
  }
  if (list.length > RECORD_METHODS_MAX) {
    throw fault(
      "bad-method",
      `it has ${list.length} methods, expected at most ${RECORD_METHODS_MAX}`,
    );
  }
  return list.map(readMethod);
}

function readMethod(item: unknown, index: number): RegisteredMethod {
  const at = `its method ${index}`;
  if (typeof item !== "object" || item === null) {
    throw fault("bad-method", `${at} is not an object`);
  }
  const { uri, priority = 0, spki } = item as Record<string, unknown>;
  if (typeof uri !== "string") throw fault("bad-method", `${at} has no uri`);
  if (uri.length > RECORD_URI_SIZE_MAX) {
    throw fault(
      "bad-method",
      `${at} has ${uri.length} characters, expected at most ${RECORD_URI_SIZE_MAX}`,
    );
  }
  if (harmless(uri) !== uri || !URL.canParse(uri)) {
    throw fault("bad-method", `${at} is not a URI`);
  }
  if (!isCount(priority) || priority > PRIORITY_MAX) {
    throw fault(
      "bad-method",
      `the priority of ${at} is not an integer from 0 to ${PRIORITY_MAX}`,
    );
  }
  const digest = readSpki(spki, at);
  return { uri, priority, ...(digest === undefined ? {} : { spki: digest }) };
}

function readSpki(spki: unknown, at: string): string | undefined {
  if (spki === undefined || isDigest(spki)) return spki;
  throw fault("bad-method", `the spki of ${at} is not a SHA-256 in base64url`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function fault(
  code: RecordFault,
  text: string,
  cause?: unknown,
): RecordError {
  const options = cause === undefined ? undefined : { cause };
  return new RecordError(code, `Cannot take a record: ${text}`, options);
}
