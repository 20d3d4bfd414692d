// What proxies answer, at its limits, without a socket.
import { assertEquals, assertRejects } from "@std/assert";
import { connectThroughHttp } from "../../src/transport/http_connect.ts";
import { connectThroughSocks5 } from "../../src/transport/socks5.ts";
import { Tunnel } from "../../src/transport/tunnel.ts";
import { within } from "../helpers/deadline.ts";

const TARGET = { host: "bob.example", port: 0x1234 };

/** A proxy that has answered already, and takes and gives so much at once. */
class Answered {
  readonly tunnel: Tunnel;
  #written: number[] = [];
  #offset = 0;
  readonly #answer: Uint8Array;

  constructor(answer: Uint8Array | string, pieceSize = 1_000) {
    this.#answer = typeof answer === "string"
      ? new TextEncoder().encode(answer)
      : answer;
    this.tunnel = new Tunnel({
      read: (into) => {
        const size = Math.min(pieceSize, into.length);
        const some = this.#answer.subarray(this.#offset, this.#offset + size);
        into.set(some);
        this.#offset += some.length;
        return Promise.resolve(some.length > 0 ? some.length : null);
      },
      write: (bytes) => {
        this.#written.push(...bytes.subarray(0, pieceSize));
        return Promise.resolve(Math.min(pieceSize, bytes.length));
      },
      close: () => {},
    });
  }

  /** What it was told. */
  get written(): number[] {
    return this.#written;
  }

  /** What of its answer belongs to the other side. */
  get unreadSize(): number {
    return this.#answer.length - this.#offset;
  }
}

/** What comes of a head of HTTP; the fault, or nothing. */
async function httpFault(head: string): Promise<string> {
  const { tunnel } = new Answered(head);
  try {
    await connectThroughHttp(tunnel, TARGET);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

Deno.test("an HTTP proxy connects with 200 to 299, and what comes before that is passed over", async () => {
  for (const status of [200, 201, 299]) {
    assertEquals(await httpFault(`HTTP/1.1 ${status} ok\r\n\r\n`), "");
  }
  for (const status of [100, 101, 199]) {
    const interim = `HTTP/1.1 ${status} wait\r\n\r\n`;
    assertEquals(await httpFault(`${interim}HTTP/1.1 200 ok\r\n\r\n`), "");
    assertEquals(await httpFault(interim), "closes without an answer");
  }
  for (
    const [status, fault] of [
      [0, "refuses to connect there"],
      [99, "refuses to connect there"],
      [300, "refuses to connect there"],
      [499, "refuses to connect there"],
      [500, "could not connect there"],
      [599, "could not connect there"],
    ]
  ) {
    const shown = `${status}`.padStart(3, "0");
    const said = await httpFault(`HTTP/1.1 ${shown} no\r\n\r\n`);
    assertEquals([status, said.startsWith(`${fault}`)], [status, true]);
  }
});

Deno.test("what answers in another way is no HTTP proxy", async () => {
  for (const head of ["SSH-2.0\r\n\r\n", "HTTP/2 200\r\n\r\n"]) {
    assertEquals(await httpFault(head), "does not speak HTTP/1.1");
  }
});

Deno.test("80 characters are shown of what an HTTP proxy says", async () => {
  const said = await httpFault(`HTTP/1.1 403 ${"x".repeat(200)}\r\n\r\n`);
  assertEquals(/"(.*)"/.exec(said)?.[1]?.length, 80);
});

Deno.test("the head of an HTTP answer has 8 KiB at most, and nothing behind it is read", async () => {
  const start = "HTTP/1.1 200 ok\r\nx: ";
  const headOf = (size: number): string =>
    `${start.padEnd(size - 4, "x")}\r\n\r\n`;
  const most = new Answered(`${headOf(8_192)}behind`);
  await connectThroughHttp(most.tunnel, TARGET);
  assertEquals(most.unreadSize, 6);
  const long = new Answered(headOf(8_193));
  await assertRejects(
    () => connectThroughHttp(long.tunnel, TARGET),
    Error,
    "a head of more than 8192 bytes",
  );
});

/** What a SOCKS5 proxy answers that lets us in. */
const GREETING = [5, 0];
const REPLY = [5, 0, 0, 1, 127, 0, 0, 1, 0, 80];

Deno.test("SOCKS5 takes host names of up to 255 bytes", async () => {
  const tell = async (size: number): Promise<number[]> => {
    const proxy = new Answered(Uint8Array.of(...GREETING, ...REPLY), 3);
    const host = "x".repeat(size);
    await connectThroughSocks5(proxy.tunnel, { host, port: 0x1234 });
    assertEquals(proxy.unreadSize, 0);
    return proxy.written;
  };
  const written = await tell(255);
  assertEquals(written.slice(0, 8), [5, 1, 0, 5, 1, 0, 3, 255]);
  assertEquals(written.slice(-2), [0x12, 0x34]);
  assertEquals(written.length, 8 + 255 + 2);
  await assertRejects(() => tell(256), Error, "256 bytes, at most 255");
});

Deno.test("the reply of a SOCKS5 proxy is read to its end, whatever kind its address is of", async () => {
  const replies = [
    REPLY,
    [5, 0, 0, 4, ...Array(16).fill(9), 0, 80],
    [5, 0, 0, 3, 0, 0, 80],
    [5, 0, 0, 3, 255, ...Array(255).fill(97), 0, 80],
  ];
  for (const reply of replies) {
    const answer = Uint8Array.of(...GREETING, ...reply, 1, 2);
    const proxy = new Answered(answer, 7);
    await connectThroughSocks5(proxy.tunnel, TARGET);
    assertEquals(proxy.unreadSize, 2);
    const cut = new Answered(answer.subarray(0, -3), 7);
    await assertRejects(
      () => connectThroughSocks5(cut.tunnel, TARGET),
      Error,
      "closes without an answer",
    );
  }
});

Deno.test("a method that a SOCKS5 proxy chooses must have been offered", async () => {
  const login = { user: "al", password: "pw" };
  const choose = (answer: number[], isKnown: boolean): Promise<void> =>
    connectThroughSocks5(
      new Answered(Uint8Array.of(...answer)).tunnel,
      TARGET,
      isKnown ? login : undefined,
    );
  await choose([5, 2, 1, 0, ...REPLY], true);
  await choose([5, 0, ...REPLY], true);
  const odds: [answer: number[], isKnown: boolean, fault: string][] = [
    [[5, 2], false, "method 2, which was not offered"],
    [[5, 1], true, "method 1, which was not offered"],
    [[5, 255], false, "asks for a user name"],
    [[5, 255], true, "takes neither"],
    [[5, 2, 1, 1], true, "refuses the user name"],
    [[4, 0], false, "begins with 4"],
    [[5, 0, 4, 0], false, "begins with 4"],
  ];
  for (const [answer, isKnown, fault] of odds) {
    await assertRejects(() => choose(answer, isKnown), Error, fault);
  }
});

Deno.test("a refusal of a SOCKS5 proxy is told in words, and so is an address that it cannot have", async () => {
  const odds: [reply: number[], fault: string][] = [
    [[5, 5, 0, 1], "nothing listens at that port"],
    [[5, 99, 0, 1], "the unknown code 99"],
    [[5, 0, 0, 2, 0, 0, 0, 0], "an address of kind 2"],
  ];
  for (const [reply, fault] of odds) {
    const { tunnel } = new Answered(Uint8Array.of(...GREETING, ...reply));
    await assertRejects(
      () => connectThroughSocks5(tunnel, TARGET),
      Error,
      fault,
    );
  }
});

Deno.test("SOCKS5 is told addresses as such, and everything else as a name", async () => {
  const told = async (host: string): Promise<number[]> => {
    const proxy = new Answered(Uint8Array.of(...GREETING, ...REPLY));
    await connectThroughSocks5(proxy.tunnel, { host, port: 80 });
    return proxy.written.slice(6, -2);
  };
  assertEquals(await told("192.0.2.7"), [1, 192, 0, 2, 7]);
  const ipv6 = [0x20, 1, 0xd, 0xb8, ...Array(10).fill(0), 0, 7];
  assertEquals(await told("2001:db8::7"), [4, ...ipv6]);
  assertEquals(await told("::"), [4, ...Array(16).fill(0)]);
  assertEquals(await told("192.0.2"), [3, 7, ...bytesOf("192.0.2")]);
});

/** What a tunnel says of a proxy whose socket reads so, and how often the socket was closed. */
async function tunnelFault(
  read: (closed: Promise<never>) => Promise<number>,
  signal?: AbortSignal,
): Promise<[fault: string, closedCount: number]> {
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {});
  let closedCount = 0;
  const tunnel = new Tunnel(
    {
      read: () => read(closed.promise),
      write: (bytes) => Promise.resolve(bytes.length),
      close: () => {
        closedCount++;
        closed.reject(new Error("closed"));
      },
    },
    signal,
    { answerMs: 1, connectMs: 2 },
  );
  const { message } = await within(
    assertRejects(() => tunnel.read(1), Error),
    "the tunnel to give up",
  );
  tunnel.end();
  return [message, closedCount];
}

Deno.test("a proxy that does not answer is given up, and one that breaks off is told of", async () => {
  assertEquals(await tunnelFault((closed) => closed), [
    "does not answer within 1 ms",
    1,
  ]);
  const broken = Object.assign(new Error("reset"), { code: "ECONNRESET" });
  assertEquals(await tunnelFault(() => Promise.reject(broken)), [
    "breaks the connection off (reset)",
    0,
  ]);
  const aborted = AbortSignal.abort();
  assertEquals((await tunnelFault((closed) => closed, aborted))[1], 1);
  // Given up, and late as well: it is closed once.
  const slow = () =>
    new Promise<number>((_, reject) => {
      setTimeout(() => reject(new Error("closed")), 5);
    });
  assertEquals((await tunnelFault(slow, aborted))[1], 1);
});

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
