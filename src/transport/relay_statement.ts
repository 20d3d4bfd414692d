/**
 * The statement with which a listener takes its place at a relay: a JWT, signed
 * as registrations are, for this relay, this connection and this minute.
 *
 * @module
 */
import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  EmbeddedJWK,
  errors,
  jwtVerify,
  SignJWT,
} from "jose";
import { LektError, messageOf } from "../base/errors.ts";
import type { RelayIdentity } from "./relay_place.ts";

/** `typ` of a statement. */
const STATEMENT_TYPE = "lekt-relay+jwt";

/** How long a statement holds, in seconds: the time to send it, as a challenge serves once. */
const STATEMENT_S = 60;

/** How far the clocks of a listener and a relay may be apart, in seconds: as with a directory. */
const CLOCK_SKEW_MAX_S = 60;

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
  identity: RelayIdentity,
  { audience, challenge, isYielding }: StatementClaims,
  nowMs: number,
): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1_000);
  return await new SignJWT({
    nonce: challenge,
    ...(isYielding ? { yield: true } : {}),
  })
    .setProtectedHeader({
      alg: "Ed25519",
      typ: STATEMENT_TYPE,
      jwk: { kty: "OKP", crv: "Ed25519", x: identity.publicKey },
    })
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + STATEMENT_S)
    .sign(identity.privateKey);
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
  const payload = await verify(token, nowMs);
  if (payload.nonce !== challenge) {
    throw fault("it is not for this connection");
  }
  const { aud } = payload;
  if (typeof aud !== "string" || !audiences.includes(aud)) {
    throw fault(
      `it is for another relay, and this one is ${
        audiences[0]
      }: call it that, or start it with its other names (--origin)`,
    );
  }
  const { jwk } = decodeProtectedHeader(token);
  return {
    thumbprint: await calculateJwkThumbprint({
      kty: "OKP",
      crv: "Ed25519",
      x: String(jwk?.x),
    }),
    isYielding: payload.yield === true,
  };
}

async function verify(
  token: string,
  nowMs: number,
): Promise<Record<string, unknown>> {
  try {
    const { payload } = await jwtVerify(token, EmbeddedJWK, {
      algorithms: ["Ed25519"],
      typ: STATEMENT_TYPE,
      currentDate: new Date(nowMs),
      clockTolerance: CLOCK_SKEW_MAX_S,
      requiredClaims: ["exp", "iat"],
      maxTokenAge: STATEMENT_S,
    });
    return payload;
  } catch (cause) {
    throw fault(whatIsWrong(cause), cause);
  }
}

function whatIsWrong(cause: unknown): string {
  const isTime = cause instanceof errors.JWTExpired ||
    cause instanceof errors.JWTClaimValidationFailed &&
      (cause.claim === "iat" || cause.claim === "exp");
  return isTime
    ? "its time is not now, by the clock of the relay; is the clock of who signed it right?"
    : messageOf(cause);
}

function fault(text: string, cause?: unknown): LektError {
  return new LektError(
    "PROTOCOL",
    `Cannot take a listener's statement: ${text}`,
    cause === undefined ? {} : { cause },
  );
}
