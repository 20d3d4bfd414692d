// The command as a whole, where the runtime or the program is at fault.
import { assertEquals, assertRejects } from "@std/assert";
import { runPeer } from "../../src/peer/main.ts";
import { replacing } from "../helpers/replaced_system.ts";

Deno.test("a runtime that is too old is told of as misuse, and a fault of the program is thrown as it is", async () => {
  const { write } = Deno.stderr;
  const { isTerminal } = Deno.stdin;
  let told = "";
  Deno.stderr.write = (bytes) => {
    told += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
  };
  try {
    const version = { ...Deno.version, deno: "1.46.0" };
    await replacing({ version }, async () => {
      assertEquals(await runPeer(["--version"]), 2);
    });
    assertEquals(told.split(",")[0], "This is Deno 1.46.0");
    Deno.stdin.isTerminal = () => {
      throw new RangeError("a fault");
    };
    await assertRejects(() => runPeer(["--version"]), RangeError);
  } finally {
    Deno.stderr.write = write;
    Deno.stdin.isTerminal = isTerminal;
  }
});
