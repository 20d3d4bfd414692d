// Received bytes as they are: where they go, and that none is missing.
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { ByteOutput } from "../../src/peer/byte_output.ts";
import type { PeerEvent } from "../../src/peer/events.ts";
import type { Reporter } from "../../src/peer/reporter.ts";
import { ByteReader } from "../../src/talk/byte_reader.ts";
import { bodyOf } from "../helpers/chunked_body.ts";
import { within } from "../helpers/deadline.ts";
import { refuse, replacing } from "../helpers/replaced_system.ts";
import { withFolder } from "../helpers/temp_folder.ts";

/** A reporter, and what it was told. */
function record(): { reporter: Reporter; events: PeerEvent[] } {
  const events: PeerEvent[] = [];
  const emit = (event: PeerEvent) => void events.push(event);
  return { reporter: { emit } as unknown as Reporter, events };
}

function readerOf(...texts: string[]): ByteReader {
  const encoder = new TextEncoder();
  return new ByteReader(bodyOf(texts.map((text) => encoder.encode(text))));
}

Deno.test("standard output is no file to be opened, and a file that cannot be is told of", async () => {
  await replacing({ open: refuse }, async () => {
    for (const [path, isOpen] of [["-", true], ["out", false]] as const) {
      const { reporter, events } = record();
      const output = new ByteOutput(path);
      assertEquals(await output.open(reporter), isOpen);
      assertEquals(events.length, isOpen ? 0 : 1);
      output.close();
    }
  });
});

Deno.test("a message is written whole to the file, and its size and hash are told", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "out");
    const output = new ByteOutput(path);
    await output.open(record().reporter);
    const taken = await within(
      output.takeMessage(readerOf("he", "llo")),
      "the message",
    );
    output.close();
    assertEquals(taken, {
      size: 5,
      sha256:
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    });
    assertEquals(Deno.readTextFileSync(path), "hello");
  });
});

Deno.test("an output that takes a byte at a time gets all of them", async () => {
  const { write } = Deno.stdout;
  let text = "";
  const sizes: number[] = [];
  Deno.stdout.write = (bytes) => {
    sizes.push(bytes.length);
    if (bytes.length === 0) {
      return Promise.reject(new Error("nothing to write"));
    }
    text += String.fromCharCode(bytes[0]!);
    return Promise.resolve(1);
  };
  try {
    await new ByteOutput("-").write(new TextEncoder().encode("hello"));
  } finally {
    Deno.stdout.write = write;
  }
  assertEquals([text, sizes], ["hello", [5, 4, 3, 2, 1]]);
});
