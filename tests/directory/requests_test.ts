// A module of its own for what web pages have: `program_requests.ts` is not imported here.
import { assertEquals, assertRejects } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { DirectoryClient } from "../../src/directory/client.ts";

const NOWHERE = "http://127.0.0.1:9";

Deno.test("a directory's client in a web page has no choice of proxies", async () => {
  const client = new DirectoryClient(NOWHERE, {
    proxy: "socks5://127.0.0.1:1080",
  });
  const error = await assertRejects(() => client.lookup("bob"), LektError);
  assertEquals(error.code, "INVALID_ARGUMENT");
  assertEquals(
    error.message,
    `Cannot reach ${NOWHERE}/v1/peers/bob through a proxy: web pages have no choice of proxies; leave \`proxy\` out`,
  );
});

Deno.test("a directory's client in a web page says what to look at where browsers do not say why", async () => {
  const client = new DirectoryClient(NOWHERE);
  const error = await assertRejects(() => client.lookup("bob"), LektError);
  assertEquals(error.code, "UNREACHABLE");
  assertEquals(
    error.message,
    `Cannot reach the directory ${NOWHERE}/v1/peers/bob: the browser does not say why; does a directory run there, and may this page ask it?`,
  );
});
