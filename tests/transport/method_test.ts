import { assert, assertEquals, assertThrows } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import {
  METHOD_LENGTH_MAX,
  type MethodScope,
  methodScope,
  parseMethod,
  SOCKET_PATH_SIZE_MAX,
  withPort,
} from "../../src/transport/method.ts";

function refusal(text: string): string {
  const error = assertThrows(() => parseMethod(text), LektError);
  assertEquals(error.code, "INVALID_ARGUMENT");
  const [, fault] = error.message.split(" as a connection method: ");
  assert(fault !== undefined, error.message);
  return fault;
}

Deno.test("parseMethod() gives the canonical text", () => {
  const table: Record<string, string> = {
    "tcp://192.0.2.7": "tcp://192.0.2.7:15358",
    "tcp://192.0.2.7:": "tcp://192.0.2.7:15358",
    "tcp://192.0.2.7:80": "tcp://192.0.2.7:80",
    "tcp://bob.example:1/": "tcp://bob.example:1",
    "TLS://Bob.Example": "tls://bob.example:15358",
    "tls://bücher.example": "tls://xn--bcher-kva.example:15358",
    "tcp://[2001:DB8:0::7]:0": "tcp://[2001:db8::7]:0",
    "tcp://[::1]": "tcp://[::1]:15358",
    "tcp://0x7f.1": "tcp://127.0.0.1:15358",
    "unix:/run/bob.sock": "unix:/run/bob.sock",
    "unix:///run/bob.sock": "unix:/run/bob.sock",
    "unix:////run/bob.sock": "unix:/run/bob.sock",
    "unix:/run/./x/../bob.sock": "unix:/run/bob.sock",
    "unix:/a%20b%3F": "unix:/a%20b%3F",
    "unix:/ä": "unix:/%C3%A4",
    "ws://Bob.example": "ws://bob.example/",
    "ws://bob.example:80/lekt": "ws://bob.example/lekt",
    "wss://bob.example:443/lekt?room=1": "wss://bob.example/lekt?room=1",
    "wss://[::1]:8443/": "wss://[::1]:8443/",
  };
  for (const [text, uri] of Object.entries(table)) {
    assertEquals(parseMethod(text).uri, uri);
    assertEquals(parseMethod(uri).uri, uri, "canonical text is stable");
  }
});

Deno.test("parseMethod() takes a method apart", () => {
  assertEquals(parseMethod("tcp://[::1]:7"), {
    scheme: "tcp",
    host: "::1",
    port: 7,
    uri: "tcp://[::1]:7",
  });
  assertEquals(parseMethod("unix:/a%20b"), {
    scheme: "unix",
    path: "/a b",
    uri: "unix:/a%20b",
  });
  assertEquals(parseMethod("wss://bob.example/lekt?a=1"), {
    scheme: "wss",
    host: "bob.example",
    port: 443,
    path: "/lekt",
    query: "?a=1",
    uri: "wss://bob.example/lekt?a=1",
  });
  const ws = parseMethod("ws://bob.example");
  assert(ws.scheme === "ws" && ws.port === 80 && ws.path === "/");
});

Deno.test("parseMethod() says what is wrong", () => {
  const table: Record<string, string> = {
    "": "it is not a URI such as tcp://HOST:PORT",
    "bob": "it is not a URI such as tcp://HOST:PORT",
    "//bob": "it is not a URI such as tcp://HOST:PORT",
    "http://bob":
      'unknown scheme "http", expected tcp, tls, unix, ws, wss or relay',
    "tcp:bob": "it has no host, expected tcp://HOST:PORT",
    "tcp://": "it has no host, expected tcp://HOST:PORT",
    "tcp:///bob": "it has no host, expected tcp://HOST:PORT",
    "tcp://:80": "it has no host",
    "ws:///lekt": "it has no host, expected ws://HOST:PORT/PATH",
    "ws:bob": "it has no host, expected ws://HOST:PORT/PATH",
    "tcp://bob:65536": "its port is 65536, expected 0 to 65535",
    "wss://bob:99999/x": "its port is 99999, expected 0 to 65535",
    "tcp://bob:-1": "its host or port is malformed",
    "tcp://bob:1x": "its host or port is malformed",
    "tcp://[::1": "its host or port is malformed",
    "tcp://[::x]:65535": "its host or port is malformed",
    "tcp://b%40c": "its host is malformed",
    "tcp://b%2fc": "its host is malformed",
    "tcp://a@bob": "it has a user name or password, expected tcp://HOST:PORT",
    "wss://a:b@bob/":
      "it has a user name or password, expected wss://HOST:PORT/PATH",
    "tcp://bob/x": "it has a path, expected tcp://HOST:PORT",
    "tcp://bob?x": "it has a query, expected tcp://HOST:PORT",
    "tcp://bob?": "it has a query, expected tcp://HOST:PORT",
    "tcp://bob#x": "it has a fragment, expected tcp://HOST:PORT",
    "ws://bob/#": "it has a fragment, expected ws://HOST:PORT/PATH",
    "unix:bob.sock": "expected an absolute path, as in unix:/PATH",
    "unix://host/bob.sock": "it has a host, expected unix:/PATH",
    "unix:/": "its path names a folder, expected a socket file",
    "unix:/run/": "its path names a folder, expected a socket file",
    "unix:/bob?x": "it has a query, expected unix:/PATH",
    "unix:/a%00b": "its path holds a control character",
    "unix:/%ff": "its path is not percent-encoded UTF-8",
    "tcp://bob :1": "it holds a space, a control character or a backslash",
    "tcp://bob\n:1": "it holds a space, a control character or a backslash",
    "ws:\\\\bob": "it holds a space, a control character or a backslash",
  };
  for (const [text, fault] of Object.entries(table)) {
    assertEquals(refusal(text), fault, text);
  }
});

Deno.test("parseMethod() bounds the URI and the path of a socket", () => {
  const fits = `ws://b/${"x".repeat(METHOD_LENGTH_MAX - 7)}`;
  assertEquals(parseMethod(fits).uri.length, METHOD_LENGTH_MAX);
  assertEquals(
    refusal(`${fits}x`),
    "it has 513 characters, expected at most 512",
  );
  assertEquals(
    refusal(`ws://b/${"ä".repeat(200)}`),
    "its canonical form has 1207 characters, expected at most 512",
  );
  const path = `/${"ä".repeat((SOCKET_PATH_SIZE_MAX - 1) / 2)}`;
  assertEquals(parseMethod(`unix:${path}`).scheme, "unix");
  assertEquals(
    refusal(`unix:${path}x`),
    "its path has 108 bytes, expected at most 107",
  );
});

Deno.test("parseMethod() refuses what is no text, a URL object among it", () => {
  const table: [unknown, string][] = [
    [undefined, "expected a string, got undefined"],
    [15358, "expected a string, got number"],
    [new URL("tcp://bob.example"), "expected a string, got object"],
  ];
  for (const [value, fault] of table) {
    assertEquals(refusal(value as string), fault);
  }
});

Deno.test("parseMethod() quotes 80 characters whole, and cuts what has more", () => {
  for (
    const [length, quoted] of [[80, "x".repeat(80)], [
      81,
      "x".repeat(79) + "…",
    ]] as const
  ) {
    const error = assertThrows(
      () => parseMethod("x".repeat(length)),
      LektError,
    );
    assert(error.message.includes(`"${quoted}"`), error.message);
  }
});

Deno.test("parseMethod() makes what it quotes harmless", () => {
  const error = assertThrows(
    () => parseMethod(`\u202e\u0007\u009b${"x".repeat(600)}`),
    LektError,
  );
  assert(!/[\p{Cc}\p{Cf}]/u.test(error.message), error.message);
  assert(error.message.length < 300, error.message);
});

Deno.test("withPort() puts the port into the text, too", () => {
  const tcp = parseMethod("tcp://[::1]:0");
  assert(tcp.scheme === "tcp");
  assertEquals(withPort(tcp, 80).uri, "tcp://[::1]:80");
  const ws = parseMethod("ws://127.0.0.1:0/lekt?x");
  assert(ws.scheme === "ws");
  assertEquals(withPort(ws, 8080).uri, "ws://127.0.0.1:8080/lekt?x");
  assertEquals(withPort(ws, 8080).port, 8080);
});

Deno.test("methodScope() tells how far away a host is", () => {
  const table: Record<string, MethodScope> = {
    "unix:/s": "local",
    "tcp://localhost": "local",
    "tcp://a.localhost.": "local",
    "tcp://127.1.2.3": "local",
    "tcp://0.0.0.0": "local",
    "ws://[::1]/": "local",
    "ws://[::]/": "local",
    "tcp://[::ffff:127.0.0.1]": "local",
    "tcp://169.254.169.254": "linkLocal",
    "tls://[fe80::1]": "linkLocal",
    "tcp://[::ffff:169.254.1.1]": "linkLocal",
    "tcp://10.0.0.1": "private",
    "tcp://172.16.0.1": "private",
    "tcp://172.31.255.1": "private",
    "tcp://192.168.1.1": "private",
    "tcp://[fd00::1]": "private",
    "tcp://172.32.0.1": "global",
    "tcp://192.0.2.1": "global",
    "tcp://[2001:db8::1]": "global",
    "wss://bob.example/": "global",
    "tcp://localhost.example": "global",
  };
  for (const [uri, scope] of Object.entries(table)) {
    assertEquals(methodScope(parseMethod(uri)), scope, uri);
  }
});
