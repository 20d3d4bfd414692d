/**
 * Signed JSON objects: JWS in compact form (RFC 7515), by Ed25519 keys
 * (RFC 9864) that stand in their headers. Nothing else is made or taken. Runs
 * everywhere, browsers included.
 *
 * @module
 */
import { decodeText } from "../base/text.ts";
import { fromBase64Url, toBase64Url } from "./base64url.ts";
import type { Identity } from "./identity.ts";
import { subtleCrypto } from "./web_crypto.ts";

/** The one algorithm. */
const ALGORITHM = "Ed25519";

const encoder = new TextEncoder();

/** A JSON object. */
export type JsonObject = Record<string, unknown>;

/** A public key, as it stands in a header. */
export interface PublicJwk extends JsonObject {
  /** 32 bytes in base64url. */
  readonly x: string;
}

/** The signature is not by the key of the header. */
export class SignatureError extends Error {}

/** Signs an object; `typ` says what it is. */
export async function signObject(
  { publicKey, privateKey }: Identity,
  typ: string,
  payload: JsonObject,
): Promise<string> {
  const jwk = { kty: "OKP", crv: ALGORITHM, x: publicKey };
  const signed = [{ alg: ALGORITHM, typ, jwk }, payload]
    .map((each) => toBase64Url(encoder.encode(JSON.stringify(each))))
    .join(".");
  const signature = await subtleCrypto()
    .sign(ALGORITHM, privateKey, encoder.encode(signed));
  return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
}

/** The header of a signed object, not checked in any way; throws where there is none. */
export function readHeader(token: string): JsonObject {
  return parseObject(token.split(".")[0]!);
}

/**
 * What was signed.
 *
 * @param jwk The key of its header.
 * @throws {SignatureError} where the key did not sign it; other errors where it is no such object, or the key is none to verify with.
 */
export async function verifyObject(
  token: string,
  jwk: PublicJwk,
): Promise<JsonObject> {
  const [header, payload, signature, ...rest] = token.split(".");
  if (signature === undefined || rest.length > 0) {
    throw new SyntaxError("it has not three parts");
  }
  const key = await subtleCrypto()
    .importKey("jwk", jwk as JsonWebKey, ALGORITHM, true, ["verify"]);
  const isGood = await subtleCrypto().verify(
    ALGORITHM,
    key,
    fromBase64Url(signature),
    encoder.encode(`${header}.${payload}`),
  );
  if (!isGood) throw new SignatureError("the key did not sign it");
  return parseObject(payload!);
}

function parseObject(part: string): JsonObject {
  const text = decodeText(fromBase64Url(part));
  const value: unknown = text === undefined ? undefined : JSON.parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new SyntaxError("it is no JSON object");
}
