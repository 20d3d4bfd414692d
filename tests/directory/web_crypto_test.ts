import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LektError } from "../../src/base/errors.ts";
import { createIdentity } from "../../src/directory/identity.ts";

Deno.test("createIdentity() says why a page that came by plain http has no keys", async () => {
  Object.defineProperty(crypto, "subtle", {
    value: undefined,
    configurable: true,
  });
  try {
    const error = await assertRejects(() => createIdentity(), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
    assertStringIncludes(error.message, "serve it over https");
  } finally {
    delete (crypto as { subtle?: unknown }).subtle;
  }
});
