/**
 * What tests of the directory share: signed records, good and bad, and a
 * directory to send them to.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  createIdentity,
  type DirectoryOptions,
  type DirectoryServer,
  type Identity,
  type RecordClaims,
  startDirectory,
} from "../../src/directory/mod.ts";
import { REGISTRATION_TYPE, signRecord } from "../../src/directory/record.ts";

/** The origin that the directories of these tests state, wherever they listen. */
export const ORIGIN = "https://dir.example";

/** Starts a directory on a free port, in memory, that knows itself as {@linkcode ORIGIN}. */
export function startTestDirectory(
  options: DirectoryOptions = {},
): Promise<DirectoryServer> {
  return startDirectory({ port: 0, origins: [ORIGIN], ...options });
}

/** Claims of bob's for five minutes, but for what is given. */
export function claims(change: Partial<RecordClaims> = {}): RecordClaims {
  const issuedAt = Math.floor(Date.now() / 1_000);
  return {
    nickname: "bob",
    audience: ORIGIN,
    seq: 1,
    issuedAt,
    expiresAt: issuedAt + 300,
    methods: [{ uri: "tcp://192.0.2.7:15358", priority: 0 }],
    ...change,
  };
}

/** Signs a JWT whatever it says: header and payload are taken as they are. */
export async function signAnything(
  identity: Identity,
  payload: unknown,
  header: Record<string, unknown> = {},
): Promise<string> {
  const protectedHeader = {
    alg: "Ed25519",
    typ: REGISTRATION_TYPE,
    jwk: { kty: "OKP", crv: "Ed25519", x: identity.publicKey },
    ...header,
  };
  const input = [protectedHeader, payload].map(encode).join(".");
  const signature = await crypto.subtle.sign(
    "Ed25519",
    identity.privateKey,
    new TextEncoder().encode(input),
  );
  return `${input}.${base64url(new Uint8Array(signature))}`;
}

/** The payload of claims, as the JWT has it. */
export function payload(
  change: Partial<RecordClaims> = {},
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const { nickname, audience, seq, issuedAt, expiresAt, methods } = claims(
    change,
  );
  return {
    sub: nickname,
    aud: audience,
    seq,
    iat: issuedAt,
    exp: expiresAt,
    methods,
    ...more,
  };
}

/** Sends a registration. */
export function put(
  directory: DirectoryServer,
  nickname: string,
  token: string,
  headers: Record<string, string> = { "content-type": "application/jwt" },
): Promise<Response> {
  return fetch(peerUrl(directory, nickname), {
    method: "PUT",
    headers,
    body: token,
  });
}

/** Registers bob, or whoever is given; fails where that fails. */
export async function registerBob(
  directory: DirectoryServer,
  identity?: Identity,
  change: Partial<RecordClaims> = {},
): Promise<{ identity: Identity; token: string }> {
  const owner = identity ?? await createIdentity();
  const token = await signRecord(owner, claims(change));
  const answer = await put(directory, change.nickname ?? "bob", token);
  assertEquals(answer.ok, true, await answer.text());
  return { identity: owner, token };
}

/** What is registered as bob, or whoever is given; the status where nothing is. */
export async function registered(
  directory: DirectoryServer,
  nickname = "bob",
): Promise<string> {
  const answer = await fetch(peerUrl(directory, nickname));
  const text = await answer.text();
  return answer.status === 200 ? text : String(answer.status);
}

/** Asserts that an answer is a problem document with this status and code. */
export async function assertProblem(
  answer: Response,
  status: number,
  code: string,
): Promise<void> {
  const document = await answer.json();
  assertEquals([answer.status, document.code], [status, code]);
  assertEquals(answer.headers.get("content-type"), "application/problem+json");
  assertEquals(document.status, status);
  assertEquals(document.type, `urn:lekt:problem:${code}`);
  assertEquals(typeof document.title, "string");
  assertEquals(answer.headers.get("access-control-allow-origin"), "*");
}

/** A directory that answers as it is told. */
export async function withAnswers(
  answer: (request: Request) => Response | Promise<Response>,
  run: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: ignore,
  }, answer);
  try {
    await run(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

/** The address of a nickname. */
export function peerUrl(directory: DirectoryServer, nickname: string): string {
  return `${directory.url}/v1/peers/${encodeURIComponent(nickname)}`;
}

function encode(part: unknown): string {
  return base64url(new TextEncoder().encode(JSON.stringify(part)));
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function ignore(): void {}
