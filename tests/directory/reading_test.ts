// What clients and directories keep of what they read, at each limit.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { fromBase64Url } from "../../src/directory/base64url.ts";
import { readBody } from "../../src/directory/body.ts";
import { readEvents } from "../../src/directory/event_stream.ts";
import {
  ask,
  isTaken,
  isTransient,
  retryAfterMs,
} from "../../src/directory/http.ts";
import { readRelays } from "../../src/directory/named_relays.ts";
import { nicknameFault, parsePeerName } from "../../src/directory/names.ts";
import { defaultOrigins } from "../../src/directory/origins.ts";
import { Problem } from "../../src/directory/problem.ts";
import { resolveDirectoryLimits } from "../../src/directory/rate.ts";
import { RateWindow } from "../../src/directory/rate_window.ts";
import type { SignedRecord } from "../../src/directory/record.ts";
import { RecordCache } from "../../src/directory/record_cache.ts";
import {
  isMatch,
  requestedNickname,
} from "../../src/directory/request_parts.ts";
import { readText } from "../../src/directory/text_body.ts";
import { withAnswers } from "../helpers/directory.ts";
import { HeldClock } from "../helpers/held_clock.ts";

const MINUTE = 60_000;

/** A body that comes in pieces. */
function bodyOf(...pieces: string[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces).pipeThrough(new TextEncoderStream());
}

Deno.test("a body is read up to its limit in bytes, however it comes", async () => {
  assertEquals(await readText(null, 5), "");
  assertEquals(await readText(bodyOf("ab", "cde"), 5), "abcde");
  assertEquals(await readText(bodyOf("ab", "cdef"), 5), undefined);
  assertEquals(await readText(bodyOf("abø"), 4), "abø");
  assertEquals(await readText(bodyOf("abø"), 3), undefined);
});

Deno.test("an answer of a directory has 8 KiB at most", async () => {
  const most = 8 * 1024;
  await withAnswers(
    ({ url }) => new Response("x".repeat(Number(new URL(url).search.slice(1)))),
    async (url) => {
      const { text } = await ask(`${url}?${most}`, { timeoutMs: 10_000 });
      assertEquals(text.length, most);
      const error = await assertRejects(
        () => ask(`${url}?${most + 1}`, { timeoutMs: 10_000 }),
        LektError,
        "it has more than 8192 bytes",
      );
      assertEquals(error.code, "PROTOCOL");
    },
  );
});

Deno.test("a wait that an answer asks for is an hour at most, and none where it names no seconds", () => {
  const waits = ["5", "3600", "3601", "0", "-5", "soon", "NaN", "Infinity"]
    .map((asked) =>
      retryAfterMs({
        status: 503,
        headers: new Headers({ "retry-after": asked }),
        text: "",
      })
    );
  const most = 3_600_000;
  assertEquals(waits, [5_000, most, most, 0, 0, 0, 0, most]);
});

Deno.test("what failed at the directory may succeed later, what the client did wrong may not", () => {
  const statuses = [400, 404, 408, 409, 422, 429, 499, 500, 503];
  assertEquals(statuses.filter(isTransient), [408, 429, 500, 503]);
});

/** A request whose header announces so many bytes. */
function requestOf(
  body: ReadableStream<Uint8Array> | null,
  announced: number,
): Request {
  const headers = new Headers({ "content-length": `${announced}` });
  return { headers, body } as unknown as Request;
}

Deno.test("a request's body has 8 KiB at most, as it is announced and as it comes", async () => {
  const { signal } = new AbortController();
  const most = 8 * 1024;
  const read = (announced: number, size: number): Promise<string> =>
    readBody(requestOf(bodyOf("x".repeat(size)), announced), signal);
  assertEquals((await read(most, most)).length, most);
  for (const [announced, size] of [[most + 1, 5], [0, most + 1]] as const) {
    const error = await assertRejects(() => read(announced, size), Problem);
    assertEquals(error.code, "too-large");
  }
  assertEquals(await readBody(requestOf(null, 0), signal), "");
});

Deno.test("a request's body that does not come is given up where the directory ends", async () => {
  const closing = new AbortController();
  const body = new ReadableStream<Uint8Array>();
  const reading = readBody(requestOf(body, 5), closing.signal);
  closing.abort();
  const error = await assertRejects(() => reading, Problem);
  assertEquals(error.code, "too-slow");
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(new Error("reset")),
  });
  const { signal } = new AbortController();
  const fault = await assertRejects(
    () => readBody(requestOf(broken, 5), signal),
    Problem,
  );
  assertEquals(fault.code, "malformed");
});

Deno.test("base64url has its 64 characters, and no padding", () => {
  assertEquals([...fromBase64Url("_-8")], [255, 239]);
  for (const odd of ["_-8=", "/+8", "a b", "a\n"]) {
    assertThrows(() => fromBase64Url(odd), SyntaxError, "no base64url");
  }
});

Deno.test("an event has 9 KiB at most, however it comes", async () => {
  const most = 9 * 1024;
  const read = async (...pieces: string[]): Promise<number[]> => {
    const sizes: number[] = [];
    for await (const { data } of readEvents(bodyOf(...pieces))) {
      sizes.push(data.length);
    }
    return sizes;
  };
  const start = "data: ";
  const text = start.padEnd(most, "x");
  assertEquals(await read(text, "\n\n"), [most - start.length]);
  assertEquals(await read(`${text}\n\n`, "data:x\n\n"), [
    most - start.length,
    1,
  ]);
  await assertRejects(() => read(`${text}x`, "\n\n"), LektError, "an event");
  await assertRejects(() => read("x".repeat(most), "x"), LektError, "an event");
});

Deno.test("16 relays of a directory are looked at, each once", () => {
  const say = (relays: unknown[]): string[] =>
    readRelays(
      { status: 200, text: JSON.stringify({ relays }) } as Parameters<
        typeof readRelays
      >[0],
      "https://dir.example/v1/relays",
    );
  const many = Array.from({ length: 17 }, (_, at) => `https://${at}.example`);
  assertEquals(say(many), many.slice(0, 16));
  assertEquals(say(["/", "https://dir.example/x", 5, "ftp://x.example"]), [
    "https://dir.example",
  ]);
});

Deno.test("what is no list of relays is refused", () => {
  const odds: [status: number, text: string][] = [
    [200, "{"],
    [200, '{"relays": {}}'],
    [404, "{}"],
  ];
  for (const [status, text] of odds) {
    const answer = { status, text } as Parameters<typeof readRelays>[0];
    assertThrows(
      () => readRelays(answer, "https://dir.example"),
      LektError,
      "says of relays",
    );
  }
});

Deno.test("a server that listens at one address has one name, at loopback it has more", () => {
  assertEquals(defaultOrigins("https", "192.0.2.7", 443), [
    "https://192.0.2.7",
  ]);
  assertEquals(defaultOrigins("http", "127.0.0.1", 81), [
    "http://127.0.0.1:81",
    "http://localhost:81",
    "http://[::1]:81",
  ]);
});

Deno.test("limits of a directory are whole numbers from 1 on", () => {
  assertEquals(resolveDirectoryLimits({ writesPerKey: 1 }).writesPerKey, 1);
  const misspelt: object = { writesPerKeys: 1 };
  const error = assertThrows(
    () => resolveDirectoryLimits(misspelt),
    LektError,
    `Cannot set limit "writesPerKeys": there is no such limit of a directory`,
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
  for (const writesPerKey of [0, -1, 1.5, NaN, Infinity]) {
    const error = assertThrows(
      () => resolveDirectoryLimits({ writesPerKey }),
      LektError,
    );
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

function recordOf(nickname: string, expiresAt: number): SignedRecord {
  return { nickname, expiresAt } as SignedRecord;
}

Deno.test("a record is remembered up to the millisecond in which it expires", () => {
  const found = [99_999, 100_000, 100_001].map((now) => {
    const cache = new RecordCache();
    cache.put(recordOf("bob", 100), "etag");
    return cache.get("bob", now)?.etag;
  });
  assertEquals(found, ["etag", undefined, undefined]);
});

Deno.test("1,000 records are remembered, those that were put in last", () => {
  const cache = new RecordCache();
  const knows = (nickname: string): boolean =>
    cache.get(nickname, 0) !== undefined;
  for (let at = 0; at < 1_000; at++) cache.put(recordOf(`${at}`, 1), "");
  cache.put(recordOf("0", 1), "");
  assertEquals(["0", "1", "999"].map(knows), [true, true, true]);
  cache.put(recordOf("bob", 1), "");
  assertEquals(["0", "1", "2", "bob"].map(knows), [true, false, true, true]);
});

Deno.test("a minute's count ends with the minute, and with a clock that was set back", async () => {
  const clock = new HeldClock(10 * MINUTE);
  const window = new RateWindow(2, clock);
  const counts = (): (number | undefined)[] =>
    [1, 2, 3].map(() => window.count("bob"));
  assertEquals(counts(), [undefined, undefined, 60]);
  assertEquals([window.check("bob"), window.check("al")], [60, undefined]);
  await clock.advance(MINUTE - 1);
  assertEquals(window.count("bob"), 1);
  await clock.advance(1);
  assertEquals(counts(), [undefined, undefined, 60]);
  await clock.advance(-1);
  assertEquals(counts(), [undefined, undefined, 1]);
  // Back to the very beginning of the minute it is still the same.
  await clock.advance(-MINUTE + 1);
  assertEquals(window.count("bob"), 60);
});

Deno.test("a name is cut before a thumbprint, and where nothing is left of it, it is none", () => {
  const thumbprint = "x".repeat(43);
  assertEquals(parsePeerName(`bob#${thumbprint}`), {
    nickname: "bob",
    thumbprint,
  });
  for (const text of [`bob#${thumbprint}x`, `bob#${"x".repeat(42)}`, "bob"]) {
    assertEquals(parsePeerName(text), { nickname: text });
  }
  assertEquals(parsePeerName(thumbprint), { nickname: thumbprint });
  assertThrows(() => parsePeerName(`#${thumbprint}`), LektError, "nickname");
  assertThrows(() => parsePeerName("."), LektError, "the path of a URL");
  assertThrows(() => parsePeerName(".."), LektError, "the path of a URL");
  assertEquals(nicknameFault(`bob#${thumbprint}`)?.includes("ends in"), true);
  assertEquals(nicknameFault(5), "is not a string");
});

Deno.test("300 characters of a name that is none are shown", () => {
  const error = assertThrows(() => parsePeerName("x".repeat(1_000)), LektError);
  assertEquals(/"(x+)"/.exec(error.message)?.[1]?.length, 300);
});

Deno.test("an ETag matches itself, also among others and weak, and * matches any", () => {
  const etag = '"abc"';
  for (const header of [etag, `W/${etag}`, `"x", ${etag}`, " * "]) {
    assertEquals([header, isMatch(header, etag)], [header, true]);
  }
  for (const header of [undefined, "", "abc", '"ab"', '"*"']) {
    assertEquals([header, isMatch(header, etag)], [header, false]);
  }
});

Deno.test("requestedNickname() takes what can be registered, and nothing else", () => {
  const at = (segment: string) =>
    requestedNickname(`http://directory/v1/peers/${segment}`);
  assertEquals([at("bob"), at("a%2Fb?x")], ["bob", "a/b"]);
  for (const segment of ["", ".", "%2e%2e", "%ff", "%00", "x".repeat(256)]) {
    assertThrows(() => at(segment), Problem);
  }
});

Deno.test("a registration is taken where the status says so, and the directory until when", () => {
  const headers = new Headers();
  const answer = (status: number, text: string) =>
    isTaken({ status, headers, text });
  const expires = '{"expires":1}';
  assertEquals(answer(200, expires), true);
  assertEquals(answer(299, expires), true);
  assertEquals(answer(300, expires), false);
  assertEquals(answer(200, "{}"), false);
});
