import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  createIdentity,
  LektError,
  openIdentity,
  parsePeerName,
  PinFile,
} from "../../src/directory/mod.ts";
import { keyThumbprint } from "../../src/directory/thumbprint.ts";
import { withFolder } from "../helpers/temp_folder.ts";

async function names(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}

Deno.test("openIdentity() makes a key that only the user may read, and keeps it", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/config/lekt/identity.jwk`;
    const made = await openIdentity(path);
    const read = await openIdentity(path);
    assertEquals(read.thumbprint, made.thumbprint);
    assertEquals(read.publicKey, made.publicKey);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals(
      (await Deno.stat(`${folder}/config/lekt`)).mode! & 0o777,
      0o700,
    );
    assertEquals(await names(`${folder}/config/lekt`), ["identity.jwk"]);
  });
});

Deno.test("openIdentity() gives all who come at once the same identity", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/identity.jwk`;
    const all = await Promise.all(
      Array.from({ length: 20 }, () => openIdentity(path)),
    );
    assertEquals(new Set(all.map(({ thumbprint }) => thumbprint)).size, 1);
    assertEquals(await names(folder), ["identity.jwk"]);
  });
});

Deno.test("openIdentity() refuses a file that others may read, or that holds no key, and leaves it alone", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/identity.jwk`;
    await openIdentity(path);
    await Deno.chmod(path, 0o644);
    const open = await assertRejects(() => openIdentity(path), LektError);
    assertMatch(open.message, /mode is 644, expected 600/);
    await Deno.chmod(path, 0o600);
    for (
      const text of [
        "",
        "{",
        "{}",
        "null",
        `{"kty":"OKP","crv":"Ed25519"}`,
        "x".repeat(5_000),
      ]
    ) {
      await Deno.writeTextFile(path, text);
      const error = await assertRejects(() => openIdentity(path), LektError);
      assertEquals(error.code, "INVALID_ARGUMENT");
      assertEquals(await Deno.readTextFile(path), text);
    }
  });
});

Deno.test("openIdentity() reads a key file of 4,096 bytes, and none that is longer or no file", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/identity.jwk`;
    const { thumbprint } = await openIdentity(path);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.padEnd(4_096));
    assertEquals((await openIdentity(path)).thumbprint, thumbprint);
    await Deno.writeTextFile(path, text.padEnd(4_097));
    await assertRejects(
      () => openIdentity(path),
      LektError,
      `Cannot use the key file ${path}: it has 4097 bytes, expected at most 4096`,
    );
    await assertRejects(
      () => openIdentity(folder),
      LektError,
      "it is not a file",
    );
  });
});

Deno.test("openIdentity() writes nothing where there is a key", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/identity.jwk`;
    await openIdentity(path);
    const longAgo = new Date(1_000_000_000_000);
    await Deno.utime(folder, longAgo, longAgo);
    await openIdentity(path);
    assertEquals((await Deno.stat(folder)).mtime, longAgo);
  });
});

Deno.test("parsePeerName() takes a thumbprint only where there is a whole one", async () => {
  const { thumbprint } = await createIdentity();
  assertEquals(parsePeerName(`a#b#${thumbprint}`), {
    nickname: "a#b",
    thumbprint,
  });
  for (
    const name of [
      "bob",
      "a#b",
      `bob#${thumbprint}x`,
      `bob#${thumbprint.slice(1)}`,
    ]
  ) {
    assertEquals(parsePeerName(name), { nickname: name });
  }
  for (
    const name of [
      "",
      ".",
      "..",
      "a\nb",
      `#${thumbprint}`,
      `a#${thumbprint}#${thumbprint}`,
      "x".repeat(256),
    ]
  ) {
    const error = assertThrows(() => parsePeerName(name), LektError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("PinFile trusts the first key and refuses every other", async () => {
  await withFolder(async (folder) => {
    const pins = new PinFile(`${folder}/pins.json`);
    const [one, two] = ["1", "2"].map((digit) => digit.repeat(43));
    for (const nickname of ["bob", "__proto__", "constructor"]) {
      assertEquals(
        await pins.check("https://a.example", nickname, one!),
        "new",
      );
      assertEquals(
        await pins.check("https://a.example", nickname, one!),
        "known",
      );
      const error = await assertRejects(
        () => pins.check("https://a.example", nickname, two!),
        LektError,
      );
      assertEquals([error.code, error.by, error.reason], [
        "REJECTED",
        "local",
        "key changed",
      ]);
      assertMatch(
        error.message,
        /its key is 2+, but was 1+ when it was first met/,
      );
      assertEquals(
        await pins.check("https://b.example", nickname, two!),
        "new",
      );
      assertEquals(
        (await pins.get("https://a.example", nickname))?.thumbprint,
        one,
      );
    }
    const { mode } = await Deno.stat(pins.path);
    assertEquals(mode! & 0o777, 0o600);
    const again = new PinFile(pins.path);
    assertEquals(await again.check("https://a.example", "bob", one!), "known");
    assertEquals(await again.forget("https://a.example", "bob"), true);
    assertEquals(await again.forget("https://a.example", "bob"), false);
    assertEquals(await again.check("https://a.example", "bob", two!), "new");
  });
});

Deno.test("PinFile loses none of the pins that are made at once", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/pins.json`;
    const thumbprint = "1".repeat(43);
    const nicknames = Array.from({ length: 20 }, (_, index) => `peer-${index}`);
    const found = await Promise.all(
      nicknames.map((nickname) =>
        new PinFile(path).check("https://a.example", nickname, thumbprint)
      ),
    );
    assertEquals(new Set(found), new Set(["new"]));
    for (const nickname of nicknames) {
      const pin = await new PinFile(path).get("https://a.example", nickname);
      assertEquals(pin?.thumbprint, thumbprint);
    }
    assertEquals(await names(folder), ["pins.json", "pins.json.lock"]);
  });
});

Deno.test("PinFile refuses a file that holds no pins, and leaves it alone", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/pins.json`;
    for (
      const text of [
        "",
        "[]",
        `{"a":{"b":1}}`,
        `{"a":{"b":{"thumbprint":"x","since":""}}}`,
      ]
    ) {
      await Deno.writeTextFile(path, text);
      const pins = new PinFile(path);
      const error = await assertRejects(
        () => pins.check("https://a.example", "bob", "1".repeat(43)),
        LektError,
      );
      assertEquals(error.code, "INVALID_ARGUMENT");
      assertEquals(await Deno.readTextFile(path), text);
    }
  });
});

Deno.test("PinFile reads 8 MiB, and says how large a file is that is larger", async () => {
  await withFolder(async (folder) => {
    const pins = new PinFile(`${folder}/pins.json`);
    const size = 8 * 1024 * 1024;
    await Deno.writeTextFile(pins.path, "{}".padEnd(size));
    assertEquals(await pins.get("https://a.example", "bob"), undefined);
    await Deno.writeTextFile(pins.path, "{}".padEnd(size + 1));
    const words = `Cannot use the pins file ${pins.path}: it has ${
      size + 1
    } bytes, expected at most ${size}`;
    for (
      const use of [
        () => pins.get("https://a.example", "bob"),
        () => pins.forget("https://a.example", "bob"),
      ]
    ) {
      const error = await assertRejects(use, LektError);
      assertEquals(error.message, words);
    }
  });
});

Deno.test("PinFile compares with a key that is known without asking for the lock", async () => {
  await withFolder(async (folder) => {
    const pins = new PinFile(`${folder}/pins.json`);
    const thumbprint = "1".repeat(43);
    await pins.check("https://a.example", "bob", thumbprint);
    await Deno.remove(`${pins.path}.lock`);
    assertEquals(
      await pins.check("https://a.example", "bob", thumbprint),
      "known",
    );
    assertEquals(await names(folder), ["pins.json"]);
  });
});

Deno.test("PinFile trusts one of two keys that are met at once under one nickname", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/pins.json`;
    const found = await Promise.allSettled(
      ["1", "2"].map((digit) =>
        new PinFile(path).check("https://a.example", "bob", digit.repeat(43))
      ),
    );
    assertEquals(found.map(({ status }) => status).sort(), [
      "fulfilled",
      "rejected",
    ]);
    const { reason } = found.find(({ status }) =>
      status === "rejected"
    ) as PromiseRejectedResult;
    assertEquals(reason.code, "REJECTED");
  });
});

Deno.test("keyThumbprint() gives the thumbprint that identities have", async () => {
  const { publicKey, thumbprint } = await createIdentity();
  assertEquals(keyThumbprint(publicKey), thumbprint);
});
