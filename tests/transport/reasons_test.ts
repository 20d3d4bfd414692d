import { assertEquals, assertStringIncludes } from "@std/assert";
import { dialError, listenError } from "../../src/transport/failure.ts";
import { parseMethod } from "../../src/transport/method.ts";
import {
  breakReason,
  clientReason,
  dialReason,
  listenReason,
  permissionReason,
  relayLineReason,
  relayReason,
  statusReason,
  unixListenReason,
} from "../../src/transport/reasons.ts";

function systemError(code: string): Error {
  return Object.assign(new Error("said"), { code });
}

Deno.test("dialReason() says what each failure means, by the method that was dialled", () => {
  for (
    const [uri, cause, says] of [
      ["tcp://a", systemError("ECONNREFUSED"), "nothing listens there (said)"],
      ["tcp://a", systemError("EAI_AGAIN"), "cannot be looked up at present"],
      ["tcp://a", systemError("EHOSTUNREACH"), "no network leads there"],
      ["tcp://a", systemError("ETIMEDOUT"), "no firewall in between?"],
      ["tcp://a", systemError("EMFILE"), "ulimit -n"],
      ["unix:/a", systemError("EACCES"), "its permissions"],
      ["tls://a", "certificate has expired", "clock of this machine"],
      ["tls://a", "self-signed certificate", "pin its key"],
      ["tls://a", "OPENSSL_internal:WRONG_VERSION_NUMBER", "not speak TLS"],
      [
        "tls://a",
        Object.assign(
          new Error(
            "Client network socket disconnected before secure TLS connection was established",
          ),
          { code: "ECONNRESET" },
        ),
        "does it speak TLS?",
      ],
      ["tls://a", "unable to verify the first certificate", "pin its key"],
      ["tls://a", "does not match certificate's altnames", "another name"],
      ["tls://a", "received fatal alert: ProtocolVersion", "TLS 1.3"],
      ["tls://a", "received fatal alert: CertificateRequired", "without a"],
      ["tls://a", "received fatal alert: HandshakeFailure", "it refused"],
      ["wss://a", "message of type InvalidContentType", "is it ws://"],
      ["tls://a", "message of type InvalidContentType", "is it tcp://"],
      ["wss://a", "Parse Error: Expected HTTP/", "is it tls://"],
      ["ws://a", "socket hang up", "is it wss://"],
      ["ws://a", "Server sent no subprotocol", "but not LEKT"],
      ["ws://a", "Invalid Sec-WebSocket-Accept header", "as it must"],
    ] as const
  ) {
    const error = typeof cause === "string" ? new Error(cause) : cause;
    assertStringIncludes(dialReason(parseMethod(uri), error), says);
  }
});

Deno.test("statusReason() says what each answer to a WebSocket means", () => {
  for (
    const [status, says] of [
      [101, "as it must"],
      [200, "as a web server does"],
      [400, "as a web server does"],
      [401, "password"],
      [403, "does not let this side in"],
      [404, "no listener at this path"],
      [407, "password"],
      [429, "too often"],
      [503, "try again later"],
    ] as const
  ) {
    assertStringIncludes(statusReason(status), says);
    assertStringIncludes(statusReason(status), `(status ${status})`);
  }
  for (const [status, isMoved] of [[299, 0], [300, 1], [399, 1], [400, 0]]) {
    const said = statusReason(status!, "wss://b/");
    assertEquals([status, said.startsWith("it redirects")], [
      status,
      isMoved === 1,
    ]);
  }
  for (const [status, says] of [[499, "web server"], [500, "it fails"]]) {
    assertStringIncludes(statusReason(Number(status)), String(says));
  }
  assertEquals(
    statusReason(301, "\x1b/" + "x".repeat(1_000)).length,
    statusReason(301, "\x1b/").length + 198,
  );
});

Deno.test("relayReason() says when to try again where the relay does", () => {
  for (
    const [retryAfter, later] of [
      ["1", "in 1 s"],
      ["1.2", "in 2 s"],
      ["0", "later"],
      ["-1", "later"],
      ["soon", "later"],
      [undefined, "later"],
    ] as const
  ) {
    assertEquals(
      relayReason(503, retryAfter),
      `the relay is ending, or has no place (status 503); try again ${later}`,
    );
  }
  assertEquals(relayReason(502), statusReason(502));
  assertStringIncludes(relayReason(404), "nobody listens through it");
  assertStringIncludes(relayLineReason(404), "no relay");
  assertStringIncludes(relayLineReason(429, "7"), "try again in 7 s");
});

Deno.test("listening, breaks and clients have their reasons", () => {
  assertStringIncludes(
    listenReason(systemError("EADDRINUSE")),
    "take another port",
  );
  assertStringIncludes(
    listenReason(systemError("EADDRNOTAVAIL")),
    "no such address",
  );
  assertStringIncludes(listenReason(systemError("EACCES")), "1024");
  assertStringIncludes(
    unixListenReason(systemError("EADDRINUSE")),
    "take another path",
  );
  assertStringIncludes(
    unixListenReason(systemError("ENOENT")),
    "there is no folder",
  );
  assertStringIncludes(unixListenReason(systemError("EROFS")), "only be read");
  assertStringIncludes(unixListenReason(systemError("EACCES")), "permissions");
  for (const code of ["EPERM", "ENOSYS", "EOPNOTSUPP"]) {
    assertStringIncludes(
      unixListenReason(systemError(code)),
      "its file system takes no sockets",
    );
  }
  assertStringIncludes(
    breakReason(systemError("ECONNRESET")),
    "cut the connection",
  );
  assertStringIncludes(
    breakReason(systemError("ENETDOWN")),
    "the network leads to the other side no more",
  );
  assertStringIncludes(
    clientReason(new Error("received fatal alert: UnknownCA")),
    "it can pin the key",
  );
  assertStringIncludes(
    clientReason(new Error("Parse Error: Invalid method encountered")),
    "does not speak HTTP",
  );
});

Deno.test("a flag that is missing is named, and the smaller one that suffices", () => {
  assertEquals(
    permissionReason(
      new Error(
        'Requires env access to "X", run again with the --allow-env flag',
      ),
    ),
    'Requires env access to "X", run again with the --allow-env flag, or with --ignore-env',
  );
  assertStringIncludes(
    permissionReason(new Error('Requires all access to "/proc/x", run again')),
    "belongs to the system",
  );
});

Deno.test("what fails for want of a permission is this side's fault, and the flag is named", () => {
  const cause = Object.assign(new Error("use the --allow-env flag"), {
    name: "NotCapable",
  });
  for (const uri of ["tcp://a", "tls://a", "ws://a", "unix:/a"]) {
    const method = parseMethod(uri);
    for (
      const [error, action] of [
        [dialError(method, cause), "dial"],
        [listenError(method, cause), "listen on"],
      ] as const
    ) {
      assertEquals([error.code, error.message], [
        "INVALID_ARGUMENT",
        `Cannot ${action} ${method.uri}: use the --allow-env flag, or with --ignore-env`,
      ]);
    }
  }
  const refused = dialError(parseMethod("tcp://a"), systemError("ECONNRESET"));
  assertEquals(refused.code, "UNREACHABLE");
});
