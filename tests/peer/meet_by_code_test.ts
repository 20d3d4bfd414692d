// Two who meet by a code at a directory: where one waits, what is remembered, and what is told where nobody is met.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { type Connection, LektError, listen } from "../../mod.ts";
import { startDirectory } from "../../src/directory/mod.ts";
import { type Code, readCode } from "../../src/peer/code/code.ts";
import {
  meetByCode,
  type MeetOptions,
  offerCode,
} from "../../src/peer/code/meet.ts";
import { qrLines } from "../../src/peer/code/qr.ts";
import { isFault } from "../../src/peer/faults.ts";
import type { PeerEvent } from "../../src/peer/events.ts";
import { parseCommandLine, type Settings } from "../../src/peer/options.ts";
import { OwnSide } from "../../src/peer/own_side.ts";
import type { Reporter } from "../../src/peer/reporter.ts";
import {
  beginProof,
  type CodeMessage,
  codeScalar,
  encodeCodeMessage,
  parseCodeMessage,
} from "../../src/talk/code_proof.ts";
import { makeCertificate } from "../../src/transport/make_certificate.ts";
import { within } from "../helpers/deadline.ts";
import { freePort } from "../helpers/free_port.ts";
import { withFolder } from "../helpers/temp_folder.ts";
import { asUserOf } from "../helpers/user_env.ts";

const CERTIFICATE = await makeCertificate();

/** Somebody at a directory. */
interface Person {
  readonly options: MeetOptions;
  readonly own: OwnSide;
  readonly notes: string[];
  /** The code that is shown to them. */
  readonly code: Promise<Code>;
}

async function person(
  folder: string,
  nickname: string,
  url: string,
  args: readonly string[] = [],
  settings: Partial<Settings> = {},
): Promise<Person> {
  const notes: string[] = [];
  const shown = Promise.withResolvers<Code>();
  const reporter = {
    showsPictures: false,
    note: (text: string) => void notes.push(text),
    emit(event: PeerEvent): void {
      if (event.event === "code") shown.resolve(readCode(event.code));
    },
  } as unknown as Reporter;
  const read = parseCommandLine(
    ["listen", "tcp://127.0.0.1:0", "--directory", url, ...args],
    { isTerminal: false, loginName: () => nickname },
  ) as Settings;
  let own!: OwnSide;
  await asUserOf(join(folder, nickname), async () => {
    own = await OwnSide.open({ ...read, ...settings }, reporter);
  });
  const { signal } = new AbortController();
  const options = { own, nickname, limits: {}, reporter, signal };
  return { options, own, notes, code: shown.promise };
}

/** Runs a test with a directory, and somebody who has been given a code there. */
function withBob(
  run: (bob: Person, url: string, folder: string) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    await using directory = await startDirectory({ port: 0 });
    const bob = await person(folder, "bob", directory.url);
    await run(bob, directory.url, folder);
    await bob.own.close();
  });
}

/** The code of somebody who waits there. */
async function codeFor(
  { own, options: { signal } }: Person,
  uri: string,
  spki?: string,
): Promise<Code> {
  const { number } = await own.inDirectory.slots.open({
    nickname: "alice",
    methods: [{ uri, priority: 0, ...(spki === undefined ? {} : { spki }) }],
  }, signal);
  return readCode(`${number}-ocean-lamp-tiger`);
}

function closeAll(...connections: Connection[]): Promise<unknown> {
  return within(
    Promise.all(connections.map((each) => each.close())),
    "the end",
  );
}

Deno.test("who gives a code away is met where they say, or else at an address of theirs, and both remember each other", async () => {
  await withBob(async (bob, url, folder) => {
    for (const isAdvertised of [false, true]) {
      const uri = `tls://127.0.0.1:${freePort()}`;
      const args = isAdvertised ? ["--advertise", uri] : [];
      const alice = await person(folder, "alice", url, args);
      const meeting = offerCode(alice.options);
      const code = await within(alice.code, "the code");
      const { slots } = bob.own.inDirectory;
      const found = await slots.find(code.number, bob.options.signal);
      const [method, ...others] = found!.methods;
      assertEquals(method!.uri === uri, isAdvertised);
      assertEquals([method!.spki, others], [alice.own.key, []]);
      const [ofAlice, ofBob] = await within(
        Promise.all([meeting, meetByCode(code, bob.options)]),
        "each other",
      );
      const identities = [alice, bob].map(({ own }) =>
        own.inDirectory.identity.thumbprint
      );
      assertEquals([ofBob.thumbprint, ofAlice.thumbprint], identities);
      for (
        const [{ own }, nickname, thumbprint] of [
          [alice, "bob", identities[1]!],
          [bob, "alice", identities[0]!],
        ] as const
      ) {
        const { pins, origin } = own.inDirectory;
        assertEquals(await pins.check(origin, nickname, thumbprint), "known");
      }
      assertEquals([alice.notes, bob.notes], [[], []]);
      await closeAll(ofAlice.connection, ofBob.connection);
      await alice.own.close();
    }
  });
});

Deno.test("who was met before by another key is met all the same, and that is told; a fault of the program ends it", async () => {
  await withBob(async (bob, url, folder) => {
    for (
      const error of [new LektError("REJECTED", "another key"), new TypeError()]
    ) {
      Object.assign(bob.own.inDirectory.pins, {
        check: () => Promise.reject(error),
      });
      const alice = await person(folder, "alice", url);
      const meeting = offerCode(alice.options);
      const code = await within(alice.code, "the code");
      const met = meetByCode(code, bob.options);
      met.catch(() => {});
      const { connection } = await within(meeting, "bob");
      if (error instanceof TypeError) {
        const closing = closeAll(connection);
        await assertRejects(() => within(met, "the fault"), TypeError);
        await closing;
      } else await closeAll(connection, (await met).connection);
      await alice.own.close();
    }
    assertEquals(bob.notes, ["another key"]);
  });
});

/** Proves a code as the side that waits, and does not say who that is. */
async function proveUnnamed(connection: Connection, code: Code): Promise<void> {
  const say = (message: CodeMessage) =>
    connection.send(encodeCodeMessage(message));
  const hear = async () =>
    parseCodeMessage(await (await connection.receive())!.bytes());
  const proof = beginProof("B", codeScalar(code.text), {
    initiator: connection.remote.key!,
    responder: CERTIFICATE.spki,
  });
  const said = await hear();
  assert(said?.step === "share");
  const { confirmation } = proof.finish(said.share)!;
  await say({ step: "share", share: proof.share });
  await hear();
  await say({ step: "confirmation", confirmation });
  await say({ step: "introduction" });
}

/** Bob comes by a code to alice, who waits without the command. */
async function comeByCode(bob: Person) {
  const listener = await listen({
    methods: "tls://127.0.0.1:0",
    nickname: "alice",
    tls: CERTIFICATE,
    accept: () => true,
  });
  const code = await codeFor(bob, listener.methods[0]!, CERTIFICATE.spki);
  const met = meetByCode(code, bob.options);
  // It may fail before somebody waits for it.
  met.catch(() => {});
  const clients = listener[Symbol.asyncIterator]();
  const { value } = await within(clients.next(), "bob");
  return {
    code,
    met,
    connection: value!,
    [Symbol.asyncDispose]: () => listener.close(),
  };
}

Deno.test("of who does not say who they are nothing is remembered", async () => {
  await withBob(async (bob) => {
    await using came = await comeByCode(bob);
    const { code, connection } = came;
    await proveUnnamed(connection, code);
    const { thumbprint, connection: bobs } = await within(came.met, "alice");
    assertEquals([thumbprint, bob.notes], [undefined, []]);
    const { pins, origin, identity } = bob.own.inDirectory;
    const known = await pins.check(origin, "alice", identity.thumbprint);
    assertEquals(known, "new");
    await closeAll(bobs, connection);
  });
});

Deno.test("who broke off before a code was proved is told of as that", async () => {
  await withBob(async (bob) => {
    await using came = await comeByCode(bob);
    const { connection } = came;
    await connection.abort();
    const error = await assertRejects(
      () => within(came.met, "the end"),
      LektError,
    );
    assertEquals(error.code, "TRUNCATED");
    assert(error.message.endsWith("ask for a new one"), error.message);
  });
});

Deno.test("what is wrong where nobody is met by a code is told as what it is", async () => {
  await withBob(async (bob, url, folder) => {
    const faultOf = async (code: Code, person = bob): Promise<LektError> =>
      await assertRejects(
        () => within(meetByCode(code, person.options), "the end"),
        LektError,
      );
    const unknown = await faultOf(readCode("9-ocean-lamp-tiger"));
    assertEquals([unknown.code, isFault(unknown)], ["UNREACHABLE", true]);
    assert(unknown.message.startsWith("Nobody waits at number 9"));
    const away = `tls://127.0.0.1:${freePort()}`;
    const keyless = await faultOf(await codeFor(bob, away));
    assert(keyless.message.includes("names no usable method"));
    const gone = await faultOf(await codeFor(bob, away, CERTIFICATE.spki));
    assertEquals([gone.code, isFault(gone)], ["UNREACHABLE", true]);
    assert(gone.message.includes("gave you the code"), gone.message);
    await using listener = await listen({
      methods: "tls://127.0.0.1:0",
      nickname: "alice",
      tls: CERTIFICATE,
      accept: () => "busy",
    });
    const refused = await faultOf(
      await codeFor(bob, listener.methods[0]!, CERTIFICATE.spki),
    );
    assertEquals([refused.code, refused.reason], ["REJECTED", "busy"]);
    assert(!refused.message.includes("gave you the code"), refused.message);
    const behind = await person(folder, "carol", url, [], {
      proxy: `http://127.0.0.1:${freePort()}`,
    });
    const hidden = await assertRejects(
      () => offerCode(behind.options),
      LektError,
    );
    assert(hidden.message.includes("--advertise METHOD"), hidden.message);
    await behind.own.close();
  });
});

Deno.test("a code is a picture for who can see it", async () => {
  for (const showsPictures of [true, false]) {
    const lines = await qrLines("7-a-b-c", { showsPictures } as Reporter);
    assertEquals(lines.length > 0, showsPictures);
  }
});
