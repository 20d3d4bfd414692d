/**
 * The statement with which a listener takes its place at a relay: signed as
 * registrations are, for this relay, this connection and this minute.
 *
 * @module
 */
import { LektError, messageOf } from "../base/errors.ts";
import { type Identity, thumbprintOf } from "./identity.ts";
import { type JsonObject, signObject, verifyObject } from "./jws.ts";
import { CLOCK_SKEW_MAX_S } from "./limits.ts";
import { readKey } from "./record.ts";

/** `typ` of a statement. */
const STATEMENT_TYPE = "lekt-relay+jwt";

/** How long a statement holds, in seconds: the time to send it, as a challenge serves once. */
const STATEMENT_S = 60;

/** What a statement says. */
export interface StatementClaims {
  /** The origin of the relay that it is for. */
  audience: string;
  /** What the relay has made up for this connection. */
  challenge: string;
  /** Whether it is to hold only where nobody of this identity listens. */
  isYielding: boolean;
}

/** Signs a statement; `nowMs` is the time, in milliseconds since 1970. */
export async function signStatement(
  identity: Identity,
  { audience, challenge, isYielding }: StatementClaims,
  nowMs: number,
): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1_000);
  return await signObject(identity, STATEMENT_TYPE, {
    aud: audience,
    nonce: challenge,
    iat: issuedAt,
    exp: issuedAt + STATEMENT_S,
    ...(isYielding ? { yield: true } : {}),
  });
}

/** Whose statement it is, and how it is meant. */
export interface Statement {
  /** The identity that signed it. */
  thumbprint: string;
  /** Whether it is to hold only where nobody of this identity listens. */
  isYielding: boolean;
}

/**
 * Checks a statement.
 *
 * @throws {LektError} `PROTOCOL`, saying what is wrong with it.
 */
export async function readStatement(
  token: string,
  challenge: string,
  audiences: readonly string[],
  nowMs: number,
): Promise<Statement> {
  let payload: JsonObject;
  let thumbprint: string;
  try {
    const key = readKey(token, STATEMENT_TYPE);
    payload = await verifyObject(token, key);
    thumbprint = await thumbprintOf(key.x);
  } catch (cause) {
    throw fault(messageOf(cause), cause);
  }
  const { nonce, aud, iat, exp } = payload;
  if (nonce !== challenge) throw fault("it is not for this connection");
  if (typeof aud !== "string" || !audiences.includes(aud)) {
    throw fault(
      `it is for another relay, and this one is ${
        audiences[0]
      }: call it that, or start it with its other names (--origin)`,
    );
  }
  const nowS = nowMs / 1_000;
  const isNow = typeof iat === "number" && typeof exp === "number" &&
    iat <= nowS + CLOCK_SKEW_MAX_S && exp >= nowS - CLOCK_SKEW_MAX_S &&
    exp <= iat + STATEMENT_S;
  if (!isNow) {
    throw fault(
      "its time is not now, by the clock of the relay; is the clock of who signed it right?",
    );
  }
  return { thumbprint, isYielding: payload["yield"] === true };
}

function fault(text: string, cause?: unknown): LektError {
  return new LektError(
    "PROTOCOL",
    `Cannot take a listener's statement: ${text}`,
    cause === undefined ? {} : { cause },
  );
}
