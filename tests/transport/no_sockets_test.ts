// What a runtime without sockets, which is no page either, can dial and listen on.
import { assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { dial, dialFault, listenOn } from "../../src/transport/dial.ts";
import { parseMethod } from "../../src/transport/method.ts";

/** Where a runtime shows that it has sockets. */
const SIGNS = ["Deno", "process"] as const;

/** Calls `run` as if there were no sockets: nothing is awaited meanwhile. */
function withoutSockets<T>(run: () => T): T {
  const signs = SIGNS.map((name) => {
    const sign = Object.getOwnPropertyDescriptor(globalThis, name)!;
    Reflect.deleteProperty(globalThis, name);
    return sign;
  });
  try {
    return run();
  } finally {
    signs.forEach((sign, at) => {
      Object.defineProperty(globalThis, SIGNS[at]!, sign);
    });
  }
}

async function fault(run: () => Promise<unknown>): Promise<string> {
  const { code, message } = await assertRejects(
    () => withoutSockets(run),
    LektError,
  );
  return `${code}: ${message}`;
}

Deno.test("without sockets WebSockets alone can be dialled, and nothing be listened on", async () => {
  for (const scheme of ["tcp", "tls"]) {
    const method = parseMethod(`${scheme}://127.0.0.1:9`);
    const reason = `${method.uri}: this runtime has no ${scheme}`;
    assertEquals(
      await fault(() => dial(method)),
      `INVALID_ARGUMENT: Cannot dial ${reason}`,
    );
    assertEquals(
      await fault(() => listenOn(method)),
      `INVALID_ARGUMENT: Cannot listen on ${reason}`,
    );
    assertEquals(dialFault(method), undefined);
  }
  for (const scheme of ["ws", "wss"]) {
    const method = parseMethod(`${scheme}://127.0.0.1:9`);
    assertEquals(withoutSockets(() => dialFault(method)), undefined);
    assertEquals(
      await fault(() => dial(method, { proxy: "socks5://127.0.0.1:9" })),
      `INVALID_ARGUMENT: Cannot dial ${method.uri}: this runtime chooses proxies by itself`,
    );
  }
});
