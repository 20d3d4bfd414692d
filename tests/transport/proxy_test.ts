import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, LektError, listen } from "../../mod.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { dial, listenOn } from "../../src/transport/dial.ts";
import { parseMethod } from "../../src/transport/method.ts";
import { parseProxy, proxyFor } from "../../src/transport/proxy.ts";
import { Tunnel } from "../../src/transport/tunnel.ts";
import { within } from "../helpers/deadline.ts";
import { PROXIED_HOST, ProxyServer } from "../helpers/proxy_server.ts";

const SCHEMES = ["socks5", "http"] as const;
const certificate = await makeCertificate();

function viaName(method: string): string {
  return method.replace("127.0.0.1", PROXIED_HOST);
}

for (const scheme of SCHEMES) {
  for (const method of ["tcp", "tls", "ws", "wss"]) {
    Deno.test(`${method} goes through ${scheme}, which looks the host up and passes half-closes on`, async () => {
      await using proxy = new ProxyServer({ scheme, login: "al:p:ß" });
      await using bob = await listen({
        nickname: "bob",
        methods: [`${method}://127.0.0.1:0`],
        tls: certificate,
        accept: () => true,
      });
      const served = bob.serve(async (connection) => {
        let length = 0;
        for await (const message of connection) {
          length += (await message.text()).length;
        }
        // The initiator has ended its stream: this way is still open.
        await connection.send(`got ${length}`);
      });
      await using alice = await within(
        connect(viaName(bob.methods[0]!), {
          nickname: "alice",
          tls: { pinnedKey: certificate.spki },
          proxy: proxy.url("al:p%3A%C3%9F"),
        }),
        "connect()",
      );
      await alice.send("x".repeat(1_000_000));
      await alice.closeWrite();
      const answer = await within(alice.receive(), "the answer");
      assertEquals(await answer?.text(), "got 1000000");
      assertEquals(await alice.receive(), null);
      const { port } = new URL(bob.methods[0]!);
      assertEquals(proxy.targets, [`${PROXIED_HOST}:${port}`]);
      assertEquals(alice.remote.address, `${PROXIED_HOST}:${port}`);
      await bob.close();
      await served;
    });
  }
}

/** Why a dial through a proxy fails. */
async function reason(
  url: string,
  target = "tcp://127.0.0.1:1",
): Promise<string> {
  const error = await within(
    assertRejects(
      () => dial(parseMethod(target), { proxy: url }),
      LektError,
    ),
    "the dial to fail",
  );
  assertEquals(error.code, "UNREACHABLE");
  assert(!error.message.includes("secret"), error.message);
  return error.message;
}

Deno.test("a SOCKS5 proxy's refusal says in words who is at fault", async () => {
  const closed = await listenOn(parseMethod("tcp://127.0.0.1:0"));
  await closed.close();
  const { uri } = closed.method;
  await using open = new ProxyServer({ scheme: "socks5" });
  const prefix = `Cannot reach ${uri}: the proxy ${open.url()} `;
  assertEquals(
    await reason(open.url(), uri),
    `${prefix}was refused there: nothing listens at that port`,
  );
  assertEquals(
    await reason(open.url("al:secret"), uri),
    `${prefix}was refused there: nothing listens at that port`,
  );
  assertEquals(
    await reason(open.url(), "tcp://nobody.test:1"),
    `Cannot reach tcp://nobody.test:1: the proxy ${open.url()} cannot reach that host, or knows none of that name`,
  );
  await using guarded = new ProxyServer({ scheme: "socks5", login: "al:pw" });
  const endings = [
    [
      guarded.url(),
      "asks for a user name and password: socks5://USER:PASSWORD@HOST:PORT",
    ],
    [guarded.url("al:secret"), "refuses the user name or the password"],
  ];
  for (const [url, ending] of endings) {
    assertEquals(
      await reason(url!, uri),
      `Cannot reach ${uri}: the proxy ${guarded.url()} ${ending}`,
    );
  }
});

Deno.test("every reply code of SOCKS5, and what is none, becomes a sentence", async () => {
  const endings: [Uint8Array, RegExp][] = [
    [Uint8Array.of(5, 1, 0, 1), /could not connect, and does not say why$/],
    [Uint8Array.of(5, 2, 0, 1), /its rules forbid it$/],
    [Uint8Array.of(5, 3, 0, 1), /finds no network that leads there$/],
    [Uint8Array.of(5, 6, 0, 1), /got no answer from there in time$/],
    [Uint8Array.of(5, 7, 0, 1), /does not serve CONNECT$/],
    [Uint8Array.of(5, 8, 0, 1), /does not take this kind of address$/],
    [Uint8Array.of(5, 9, 0, 1), /the unknown code 9$/],
    [Uint8Array.of(4, 0x5a), /begins with 4, expected 5$/],
    [Uint8Array.of(5, 0, 0, 7), /has an address of kind 7$/],
    [Uint8Array.of(5), /closes without an answer$/],
  ];
  for (const [answer, ending] of endings) {
    await using proxy = new ProxyServer({ scheme: "socks5", answer });
    const said = await reason(proxy.url());
    assert(ending.test(said), said);
  }
  const greetings: [Uint8Array, RegExp][] = [
    [new TextEncoder().encode("HTTP/1.1 400"), /begins with 72, expected 5$/],
    [Uint8Array.of(5, 1), /it chose method 1, which was not offered$/],
    [Uint8Array.of(5, 2), /it chose method 2, which was not offered$/],
  ];
  for (const [greeting, ending] of greetings) {
    await using proxy = new ProxyServer({ scheme: "socks5", greeting });
    const said = await reason(proxy.url());
    assert(ending.test(said), said);
  }
});

Deno.test("an HTTP proxy's refusal says in words who is at fault", async () => {
  await using guarded = new ProxyServer({ scheme: "http", login: "al:pw" });
  const prefix = `Cannot reach tcp://127.0.0.1:1: the proxy ${guarded.url()} `;
  assertEquals(
    await reason(guarded.url()),
    `${prefix}asks for a user name and password: ` +
      'http://USER:PASSWORD@HOST:PORT (it says "407 Who are you?")',
  );
  assertEquals(
    await reason(guarded.url("al:secret")),
    `${prefix}refuses the user name or the password (it says "407 Who are you?")`,
  );
  const endings: [string, RegExp][] = [
    ["HTTP/1.1 403 No\x1b[2J\r\n\r\n", /rules forbid.*"403 No\\u\{1b\}\[2J"/],
    ["HTTP/1.0 405\r\n\r\n", /does not serve CONNECT \(it says "405"\)$/],
    ["HTTP/1.1 404 X\r\n\r\n", /knows no host of that name/],
    ["HTTP/1.1 504 X\r\n\r\n", /got no answer from there in time/],
    ["HTTP/1.1 500 Unable to connect\r\n\r\n", /could not connect there/],
    ["HTTP/1.1 302 Found\r\n\r\n", /refuses to connect there/],
    ["SSH-2.0-OpenSSH_9.2\r\n\r\n", /does not speak HTTP\/1\.1$/],
    ["HTTP/1.1 200 OK\r\nA: ", /closes without an answer$/],
    [`HTTP/1.1 200 OK\r\nA: ${"x".repeat(9_000)}`, /head of more than 8192/],
  ];
  for (const [answer, ending] of endings) {
    await using proxy = new ProxyServer({ scheme: "http", answer });
    const said = await reason(proxy.url());
    assert(ending.test(said), said);
  }
});

Deno.test("a proxy that cannot be reached is named, not the target", async () => {
  const listener = await listenOn(parseMethod("tcp://127.0.0.1:0"));
  await listener.close();
  const host = new URL(listener.method.uri).host;
  const said = await reason(`socks5://al:secret@${host}`);
  assert(said.includes(`the proxy socks5://${host} cannot be reached: `), said);
});

Deno.test("a proxy that says nothing is waited for as long as `signal` allows", async () => {
  for (const scheme of SCHEMES) {
    await using proxy = new ProxyServer({ scheme, greeting: "silence" });
    const giveUp = new AbortController();
    const dialling = dial(parseMethod("tcp://127.0.0.1:1"), {
      proxy: proxy.url(),
      signal: giveUp.signal,
    });
    const reason = new Error("enough");
    giveUp.abort(reason);
    assertEquals(await assertRejects(() => dialling), reason);
  }
});

Deno.test("a proxy that says nothing has a deadline", async () => {
  using proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const questions: [(tunnel: Tunnel) => Promise<unknown>, string][] = [
    [(tunnel) => tunnel.read(1), "does not answer within 1 ms"],
    [(tunnel) => tunnel.readOutcome(1), "comes to no answer within 2 ms"],
    [(tunnel) => tunnel.readHead(), "comes to no answer within 2 ms"],
    [
      (tunnel) => tunnel.write(new Uint8Array(64 * 1024 * 1024)),
      "took no request within 1 ms",
    ],
  ];
  for (const [ask, text] of questions) {
    const client = await Deno.connect({
      hostname: "127.0.0.1",
      port: proxy.addr.port,
    });
    using _server = await proxy.accept();
    const times = { answerMs: 1, connectMs: 2 };
    const tunnel = new Tunnel(client, undefined, times);
    await assertRejects(() => ask(tunnel), Error, text);
    tunnel.end();
  }
});

Deno.test("addresses go to a SOCKS5 proxy as addresses", async () => {
  await using proxy = new ProxyServer({
    scheme: "socks5",
    answer: Uint8Array.of(5, 2),
  });
  const targets = ["192.0.2.7", "[2001:db8::7:0:1]", "[::ffff:192.0.2.7]"];
  for (const host of [...targets, "[::]", "[1:2:3:4:5:6:7:8]"]) {
    await reason(proxy.url(), `tcp://${host}:258`);
  }
  assertEquals(proxy.targets, [
    "192.0.2.7:258",
    "32,1,13,184,0,0,0,0,0,0,0,7,0,0,0,1:258",
    "0,0,0,0,0,0,0,0,0,0,255,255,192,0,2,7:258",
    "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0:258",
    "0,1,0,2,0,3,0,4,0,5,0,6,0,7,0,8:258",
  ]);
  const long = `${"a".repeat(60)}.`.repeat(5) + "test";
  assert((await reason(proxy.url(), `tcp://${long}`)).includes("309 bytes"));
});

Deno.test("parseProxy() takes SOCKS5 and HTTP, with defaults, and quotes no password", () => {
  const login = { user: "a@b", password: "p/w" };
  assertEquals(parseProxy("socks5h://a%40b:p%2Fw@PROXY.test"), {
    scheme: "socks5",
    host: "proxy.test",
    port: 1080,
    login,
    uri: "socks5://proxy.test:1080",
  });
  assertEquals(parseProxy(new URL("http://a%40b:p%2Fw@[::1]/")), {
    scheme: "http",
    host: "::1",
    port: 80,
    login,
    uri: "http://[::1]:80",
  });
  assertEquals(parseProxy("socks5://h:80").port, 80);
  assertEquals(parseProxy("socks5://a@h").login, { user: "a", password: "" });
  const most = "é".repeat(127) + "x";
  assertEquals(parseProxy(`socks5://${most}:${most}@h`).login, {
    user: most,
    password: most,
  });
  const faults: [string, string][] = [
    [`socks5://${most}x@h`, "has 256 bytes, expected at most 255"],
    [`http://a:${most}x@h`, "has 256 bytes, expected at most 255"],
    ["secret", "it is no URL"],
    ["proxy.test:1080", "it is no URL"],
    ["socks4://h:1", 'it is of the kind "socks4"'],
    ["https://al:secret@h", 'it is of the kind "https"'],
    ["socks5://", "its host or port is malformed"],
    ["http://al:secret@h:99999", "its host or port is malformed"],
    ["socks5://h:0", "its port is 0"],
    ["http://h/secret", "it has a path, a query or a fragment"],
    ["socks5://h?secret", "it has a path, a query or a fragment"],
    ["socks5://:secret@h", "it has a password and no user name"],
    ["http://a%3Ab:secret@h", "its user name holds a colon"],
    ["http://a:%FF@h", "is not percent-encoded UTF-8"],
    [`socks5://a:${"secret".repeat(50)}@h`, "has 300 bytes"],
  ];
  for (const [text, fault] of faults) {
    const error = assertThrows(() => parseProxy(text), LektError, fault);
    assertEquals(error.code, "INVALID_ARGUMENT");
    assert(!error.message.includes("secret"), error.message);
  }
});

Deno.test("a proxy can be chosen for each target", async () => {
  assertEquals(proxyFor(undefined, "tcp://a:1"), undefined);
  assertEquals(proxyFor(() => undefined, "tcp://a:1"), undefined);
  await using proxy = new ProxyServer({ scheme: "socks5" });
  await using bob = await listen({
    nickname: "bob",
    methods: ["tcp://127.0.0.1:0"],
    accept: () => true,
  });
  const served = bob.serve(() => {});
  const { port } = new URL(bob.methods[0]!);
  const asked: string[] = [];
  for (const host of ["127.0.0.1", PROXIED_HOST]) {
    await using _ = await connect(`tcp://${host}:${port}`, {
      nickname: "alice",
      proxy(target) {
        asked.push(target.href);
        return target.hostname === PROXIED_HOST ? proxy.url() : undefined;
      },
    });
  }
  assertEquals(asked, [
    `tcp://127.0.0.1:${port}`,
    `tcp://${PROXIED_HOST}:${port}`,
  ]);
  assertEquals(proxy.targets, [`${PROXIED_HOST}:${port}`]);
  await bob.close();
  await served;
});

Deno.test("connect() with a proxy that is none is INVALID_ARGUMENT", async () => {
  const error = await assertRejects(
    () =>
      connect("tcp://127.0.0.1:1", { nickname: "alice", proxy: "ftp://h:1" }),
    LektError,
    'it is of the kind "ftp"',
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
});
