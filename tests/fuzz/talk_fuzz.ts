/**
 * Fuzz test of the talk convention: whatever a message holds, it is told what
 * it is; a file is only taken where its size and digest are right, and gets a
 * name that stays in its folder.
 *
 * @module
 */
import { concat, equals } from "@std/bytes";
import { createHash } from "node:crypto";
import {
  encodeFileHeader,
  encodeReceipt,
  FILE_MAGIC,
  FILE_NAME_SIZE_MAX,
  plainFileName,
  portableFileName,
  RECEIPT_MAGIC,
  safeFileName,
} from "../../src/talk/mod.ts";
import {
  FileFault,
  type IncomingFile,
  readContent,
  readPlain,
  recognize,
} from "../../src/talk/receive.ts";
import { bodyOf } from "../helpers/chunked_body.ts";
import type { Prng } from "./prng.ts";

const NAMES = [
  "a.txt",
  "..",
  "../../etc/passwd",
  "C:\\con.txt",
  "\u202Egnp.exe",
  "",
  ".",
  "é".repeat(300) + ".tar.gz",
  "nul",
  "a\0b",
  "\ud800",
];

const HEADERS = [
  "{}",
  "[]",
  '{"name":1}',
  '{"name":"a","size":-1}',
  '{"name":"a","size":1e99}',
  '{"name":"a","size":0.5}',
  '{"__proto__":{"name":"x"}}',
  '{"name":"a","type":7}',
  "nonsense",
  '{"name":"a"',
];

const encoder = new TextEncoder();

function draftFile(prng: Prng): Uint8Array {
  const content = prng.bytes(prng.pick([0, 1, 31, 32, 33, 500, 20_000]));
  const name = prng.pick(NAMES);
  const size = prng.oneIn(4) ? prng.below(40) : content.length;
  const head = prng.oneIn(4)
    ? concat([FILE_MAGIC, encoder.encode(`${prng.pick(HEADERS)}\n`)])
    : encodeFileHeader(prng.oneIn(3) ? { name } : { name, size });
  const digest = createHash("sha256").update(content).digest();
  return concat([head, content, new Uint8Array(digest)]);
}

function draftReceipt(prng: Prng): Uint8Array {
  if (prng.oneIn(3)) {
    return concat([RECEIPT_MAGIC, encoder.encode(prng.pick(HEADERS))]);
  }
  return encodeReceipt({
    id: prng.uint32(),
    ok: prng.oneIn(2),
    name: prng.pick(NAMES),
    reason: prng.pick(NAMES),
  });
}

function draft(prng: Prng): Uint8Array {
  switch (prng.below(4)) {
    case 0:
      return draftReceipt(prng);
    case 1:
      return encoder.encode(prng.pick(NAMES).repeat(prng.below(20)));
    default:
      return draftFile(prng);
  }
}

function edit(prng: Prng, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || prng.oneIn(2)) return bytes;
  const at = prng.below(Math.min(bytes.length, 200));
  switch (prng.below(3)) {
    case 0: {
      const changed = bytes.slice();
      changed[at]! ^= 1 << prng.below(8);
      return changed;
    }
    case 1:
      return bytes.slice(0, prng.below(bytes.length));
    default:
      return concat([
        bytes.subarray(0, at),
        prng.bytes(prng.between(1, 10)),
        bytes.subarray(at),
      ]);
  }
}

function cut(prng: Prng, bytes: Uint8Array): Uint8Array[] {
  const highest = prng.pick([1, 7, 100, 1_000_000]);
  if (highest === 1 && bytes.length > 2_000) return [bytes];
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + prng.between(1, highest);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}

/** Why a name must not be used for a file, if so. */
function nameFault(name: string): string | undefined {
  if (name === "" || name.startsWith(".")) return "empty or hidden";
  // deno-lint-ignore no-control-regex -- they are what is looked for
  if (/[/\\\0-\x1f\x7f]/.test(name)) return "a path, or a control character";
  if (encoder.encode(name).length > FILE_NAME_SIZE_MAX + 1) return "too long";
  return undefined;
}

async function judgeFile(
  file: IncomingFile,
  bytes: Uint8Array,
): Promise<string | undefined> {
  const safe = safeFileName(file.header.name);
  for (const name of [safe, portableFileName(safe), plainFileName(safe)]) {
    const fault = nameFault(name);
    if (fault) return `the name ${JSON.stringify(name)} is ${fault}`;
  }
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of readContent(file)) pieces.push(piece.slice());
  } catch (error) {
    return error instanceof FileFault ? undefined : `it throws ${error}`;
  }
  const content = concat(pieces);
  const { size = content.length } = file.header;
  const digest = createHash("sha256").update(content).digest();
  const isRight = size === content.length &&
    equals(bytes.subarray(-32), new Uint8Array(digest));
  return isRight ? undefined : "a file was taken that is not whole";
}

/** Recognises the message that belongs to the state of `prng`; `undefined` where all is as it must be. */
export async function compareTalk(prng: Prng): Promise<string | undefined> {
  const bytes = edit(prng, draft(prng));
  const talk = await recognize(bodyOf(cut(prng, bytes)));
  if (talk.kind === "file") return await judgeFile(talk.file, bytes);
  if (talk.kind !== "plain") return undefined;
  const options = { keepSizeMax: 1_000, budget: { left: 1_000 } };
  const { size, sha256 } = await readPlain(talk.body, options);
  const digest = createHash("sha256").update(bytes).digest("hex");
  const isSame = size === bytes.length && sha256 === digest;
  return isSame ? undefined : "plain data is another";
}
