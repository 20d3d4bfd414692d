import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LektError } from "../../mod.ts";
import { Misuse, parseCommandLine } from "../../src/peer/options.ts";
import { readProxy } from "../../src/peer/proxy_settings.ts";
import { PeerProcess } from "../helpers/peer_process.ts";
import { PROXIED_HOST, ProxyServer } from "../helpers/proxy_server.ts";

/** What is chosen for a target, by these variables. */
function chosen(
  variables: Record<string, string>,
  target: string,
): string | URL | undefined {
  const option = readProxy(undefined, (name) => variables[name]);
  return typeof option === "function" ? option(new URL(target)) : option;
}

Deno.test("without --proxy the environment names the proxy, by the kind of target", () => {
  assertEquals(readProxy(undefined, () => undefined), undefined);
  assertEquals(readProxy(undefined, () => ""), undefined);
  const variables = {
    ALL_PROXY: "socks5://all",
    all_proxy: "socks5://small",
    HTTPS_PROXY: "http://secure",
    http_proxy: "plain:8080",
  };
  const expected: [string, string][] = [
    ["tcp://a:1", "socks5://small"],
    ["tls://a:1", "socks5://small"],
    ["wss://a/x", "http://secure"],
    ["https://a", "http://secure"],
    ["ws://a/x", "http://plain:8080"],
    ["http://a", "http://plain:8080"],
  ];
  for (const [target, proxy] of expected) {
    assertEquals(chosen(variables, target), proxy, target);
  }
  assertEquals(chosen({ HTTPS_PROXY: "http://p" }, "tls://a:1"), undefined);
});

Deno.test("the environment's proxy is not for this machine, nor for what NO_PROXY names", () => {
  const ALL_PROXY = "socks5://p";
  for (const host of ["127.0.0.1", "[::1]", "localhost", "a.localhost"]) {
    assertEquals(chosen({ ALL_PROXY }, `tcp://${host}:1`), undefined, host);
  }
  const exempt: [string, string[], string[]][] = [
    ["*", ["tcp://a:1", "wss://b"], []],
    ["a.test", ["tcp://a.test:1", "ws://b.a.test", "https://A.test."], [
      "tcp://ba.test:1",
      "tcp://test:1",
    ]],
    [".a.test, *.b.test", ["tcp://a.test:1", "tcp://x.b.test:1"], [
      "tcp://c.test:1",
    ]],
    ["a.test:443", ["wss://a.test", "tls://a.test:443"], ["ws://a.test"]],
    ["192.0.2.7 10.0.0.0/8", ["tcp://192.0.2.7:1", "tcp://10.9.8.7:1"], [
      "tcp://192.0.2.77:1",
      "tcp://11.0.0.1:1",
      "tcp://a:1",
    ]],
    ["0.0.0.0/0", ["tcp://203.0.113.9:1"], ["tcp://a:1"]],
    ["192.0.2.7/32", ["tcp://192.0.2.7:1"], ["tcp://192.0.2.6:1"]],
    ["192.0.2.7/33,a/8", [], ["tcp://192.0.2.7:1", "tcp://a:1"]],
    ["2001:db8::1", ["tcp://[2001:db8::1]:1"], ["tcp://[2001:db8::2]:1"]],
    ["[2001:db8::1]:5", ["tcp://[2001:db8::1]:5"], ["tcp://[2001:db8::1]:6"]],
    [" , ,.,", [], ["tcp://a:1"]],
  ];
  for (const [NO_PROXY, without, through] of exempt) {
    for (const target of without) {
      const proxy = chosen({ ALL_PROXY, NO_PROXY }, target);
      assertEquals(proxy, undefined, `${NO_PROXY}: ${target}`);
    }
    for (const target of through) {
      const proxy = chosen({ ALL_PROXY, no_proxy: NO_PROXY }, target);
      assertEquals(proxy, ALL_PROXY, `${NO_PROXY}: ${target}`);
    }
  }
});

Deno.test("--proxy goes before the environment, and none is none", () => {
  const read = () => "socks5://environment";
  assertEquals(readProxy("http://p:1", read), "http://p:1");
  const none = readProxy("none", read);
  assertEquals(
    typeof none === "function" && none(new URL("tcp://a:1")),
    undefined,
  );
  for (const value of ["p:1", "socks4://p", "socks5://al:secret@p:0"]) {
    const error = assertThrows(
      () =>
        parseCommandLine(["connect", "tcp://a", "--proxy", value], {
          isTerminal: false,
          loginName: () => "me",
        }),
      Misuse,
      "Cannot use the proxy",
    );
    assertEquals(error.message.includes("secret"), false);
  }
});

Deno.test("a variable that names no proxy is named where it is needed", async () => {
  const error = await assertRejects(
    () =>
      Promise.resolve().then(() =>
        chosen({ ALL_PROXY: "socks4://al:secret@p" }, "tcp://a:1")
      ),
    LektError,
    'it is of the kind "socks4"',
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
  assertEquals(error.message.includes("in ALL_PROXY"), true);
  assertEquals(error.message.includes("secret"), false);
});

Deno.test("the command talks through the proxy of ALL_PROXY, of --proxy, and not at all", async () => {
  await using proxy = new ProxyServer({ scheme: "socks5", login: "al:pw" });
  await using bob = new PeerProcess([
    "listen",
    "tcp://127.0.0.1:0",
    "--accept=all",
    "--nick=bob",
    "--json",
  ]);
  const { methods } = await bob.event(
    "listening",
    ({ event }) => event === "listening",
  );
  const { port } = new URL((methods as string[])[0]!);
  const target = `tcp://${PROXIED_HOST}:${port}`;
  const url = proxy.url("al:pw");
  const runs: [string[], Record<string, string>, number][] = [
    [[], { ALL_PROXY: url }, 0],
    [["--proxy", url], { ALL_PROXY: "socks5://127.0.0.1:1" }, 0],
    [["--proxy", "none"], { ALL_PROXY: url }, 1],
    [[], { ALL_PROXY: url, NO_PROXY: "proxied.test" }, 1],
  ];
  for (const [args, env, status] of runs) {
    await using alice = new PeerProcess(
      ["connect", target, "--nick=alice", ...args],
      { env },
    );
    await alice.endInput();
    await alice.expectEnd(status);
  }
  // Deno itself asks through it, too, whether there is a newer Deno.
  const ours = proxy.targets.filter((each) => each.startsWith(PROXIED_HOST));
  assertEquals(ours.length, 2);
});
