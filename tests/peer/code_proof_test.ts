// The proof by code over real connections: honest, wrong, and by strangers who cheat.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { p256 } from "@noble/curves/nist.js";
import {
  connect,
  type Connection,
  LektError,
  type Limits,
  listen,
  type Listener,
} from "@lekt/lekt";
import { type Certificate, makeCertificate } from "@lekt/lekt/certificate";
import { createIdentity, type Identity } from "@lekt/lekt/directory";
import { firstWhoKnows } from "../../src/peer/code/first_who_knows.ts";
import {
  proveAsInitiator,
  proveAsResponder,
  type Proven,
} from "../../src/peer/code/prove.ts";
import {
  beginProof,
  type CodeMessage,
  codeScalar,
  encodeCodeMessage,
  parseCodeMessage,
} from "../../src/talk/code_proof.ts";
import { within } from "../helpers/peer_process.ts";

const ALICE = await makeCertificate();
const BOB = await makeCertificate();
const MALLORY = await makeCertificate();
const ALICE_IDENTITY = await createIdentity();
const BOB_IDENTITY = await createIdentity();
const RIGHT = codeScalar("7-ocean-lamp-tiger");
const WRONG = codeScalar("7-ocean-lamp-tennis");
/** Those who do not close are not waited for. */
const LIMITS = { closeTimeoutMs: 50 };
const NEVER = new AbortController().signal;
const BLIND_OF_A =
  "02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f";

/** A code that can be spent once. */
class Spending {
  count = 0;
  readonly spend = (): boolean => this.count++ === 0;
}

function open(
  certificate: Certificate,
  limits: Partial<Limits> = LIMITS,
): Promise<Listener> {
  return listen({
    nickname: "alice",
    methods: ["tls://127.0.0.1:0"],
    tls: certificate,
    accept: () => true,
    limits,
  });
}

function dial(
  listener: Listener,
  own: Certificate,
  theirs: Certificate,
): Promise<Connection> {
  return connect(listener.methods, {
    nickname: "bob",
    tls: { ...own, pinnedKey: theirs.spki },
    limits: LIMITS,
  });
}

async function next(listener: Listener): Promise<Connection> {
  const { value } = await listener[Symbol.asyncIterator]().next();
  return value as Connection;
}

/** Alice, who waits, and bob, who comes. */
async function pair(): Promise<[Connection, Connection, Listener]> {
  const listener = await open(ALICE);
  const taken = next(listener);
  const bob = await dial(listener, BOB, ALICE);
  return [await taken, bob, listener];
}

function asAlice(
  connection: Connection,
  spending: Spending,
  identity: Identity = ALICE_IDENTITY,
): Promise<Proven> {
  const { spki: ownKey } = ALICE;
  const options = { scalar: RIGHT, ownKey, identity, signal: NEVER };
  return proveAsResponder(connection, options, spending.spend);
}

function asBob(connection: Connection, scalar: bigint): Promise<Proven> {
  const { spki: ownKey } = BOB;
  const options = { scalar, ownKey, identity: BOB_IDENTITY, signal: NEVER };
  return proveAsInitiator(connection, options);
}

async function rejection(promise: Promise<unknown>): Promise<LektError> {
  return await within("rejection", assertRejects(() => promise, LektError));
}

async function hear(connection: Connection): Promise<CodeMessage | undefined> {
  const message = await connection.receive();
  return message ? parseCodeMessage(await message.bytes()) : undefined;
}

Deno.test("two sides with the same code prove it, and learn each other's identity", async () => {
  const [alice, bob, listener] = await pair();
  await using _listener = listener;
  const spending = new Spending();
  const [ofBob, ofAlice] = await within(
    "proof",
    Promise.all([asAlice(alice, spending), asBob(bob, RIGHT)]),
  );
  assertEquals(ofBob.thumbprint, BOB_IDENTITY.thumbprint);
  assertEquals(ofAlice.thumbprint, ALICE_IDENTITY.thumbprint);
  assertEquals(spending.count, 1);
  await bob.send("from now on the connection is like any other");
  assert(await alice.receive());
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("a wrong code is spent by one guess, and both sides are told", async () => {
  const [alice, bob, listener] = await pair();
  await using _listener = listener;
  const spending = new Spending();
  const [here, there] = await Promise.all([
    rejection(asAlice(alice, spending)),
    rejection(asBob(bob, WRONG)),
  ]);
  assertEquals([here.code, here.by], ["REJECTED", "local"]);
  assertEquals([there.code, there.by], ["REJECTED", "remote"]);
  assertEquals(
    there.reason,
    "the code is wrong; it is spent now: ask for a new one",
  );
  assertEquals(spending.count, 1);
  await bob.close();
});

Deno.test("who confirms after the code was spent is refused, right or wrong", async () => {
  for (const scalar of [RIGHT, WRONG]) {
    const [alice, bob, listener] = await pair();
    await using _listener = listener;
    const spending = new Spending();
    spending.count = 1;
    const [, there] = await Promise.all([
      rejection(asAlice(alice, spending)),
      rejection(asBob(bob, scalar)),
    ]);
    assertEquals(
      there.reason,
      "the code has been used already: ask for a new one",
    );
    await bob.close();
  }
});

Deno.test("somebody in between who ends TLS on both sides fails the proof, whatever they pass on", async () => {
  await using listener = await open(ALICE);
  await using middle = await open(MALLORY);
  const taken = next(middle);
  const bob = await dial(middle, BOB, MALLORY);
  const fromBob = await taken;
  const atAlice = next(listener);
  const toAlice = await dial(listener, MALLORY, ALICE);
  const alice = await atAlice;

  async function pass(from: Connection, to: Connection): Promise<void> {
    for await (const message of from) await to.send(await message.bytes());
    await to.closeWrite();
  }

  const passing = Promise.allSettled([
    pass(fromBob, toAlice),
    pass(toAlice, fromBob),
  ]);
  const spending = new Spending();
  const [here, there] = await Promise.all([
    rejection(asAlice(alice, spending)),
    rejection(asBob(bob, RIGHT)),
  ]);
  assertEquals([here.code, there.code], ["REJECTED", "REJECTED"]);
  await Promise.all([bob, fromBob, toAlice].map((each) => each.close()));
  await passing;
});

Deno.test("a share that guesses the code gets an answer like any other, and spends nothing", async () => {
  for (const guess of [RIGHT, WRONG]) {
    const [alice, mallory, listener] = await pair();
    await using _listener = listener;
    const spending = new Spending();
    const proving = rejection(asAlice(alice, spending));
    const share = p256.Point.fromHex(BLIND_OF_A).multiply(guess)
      .toBytes(false) as Uint8Array<ArrayBuffer>;
    await mallory.send(encodeCodeMessage({ step: "share", share }));
    assertEquals((await hear(mallory))?.step, "share");
    await mallory.close();
    assertEquals((await proving).code, "CLOSED");
    assertEquals(spending.count, 0);
    await alice.close();
  }
});

Deno.test("the waiting side confirms nothing before it has been confirmed to, and ends with who breaks the order", async () => {
  const share = new Uint8Array(65);
  const confirmation = new Uint8Array(32);
  const wrongs: (CodeMessage | string)[] = [
    { step: "share", share },
    { step: "confirmation", confirmation },
    { step: "introduction" },
    "hello",
  ];
  for (const wrong of wrongs) {
    const [alice, mallory, listener] = await pair();
    await using _listener = listener;
    const spending = new Spending();
    const proving = rejection(asAlice(alice, spending));
    await mallory.send(
      typeof wrong === "string" ? wrong : encodeCodeMessage(wrong),
    );
    assertEquals((await proving).code, "PROTOCOL");
    assertEquals(spending.count, 0);
    await alice.close();
    assertEquals(await hear(mallory), undefined);
    await mallory.close();
  }
});

Deno.test("a code that is answered without being known is given up by who was given it", async () => {
  const [mallory, bob, listener] = await pair();
  await using _listener = listener;
  const proving = rejection(asBob(bob, RIGHT));
  assertEquals((await hear(mallory))?.step, "share");
  const proof = beginProof("B", WRONG, {
    initiator: BOB.spki,
    responder: ALICE.spki,
  });
  await mallory.send(encodeCodeMessage({ step: "share", share: proof.share }));
  assertEquals((await hear(mallory))?.step, "confirmation");
  const confirmation = new Uint8Array(32);
  await mallory.send(encodeCodeMessage({ step: "confirmation", confirmation }));
  const error = await proving;
  assertEquals([error.code, error.by], ["REJECTED", "local"]);
  await Promise.all([mallory.close(), bob.close()]);
});

Deno.test("an introduction is worth nothing with a signature of another key", async () => {
  const [alice, bob, listener] = await pair();
  await using _listener = listener;
  const forged: Identity = {
    ...ALICE_IDENTITY,
    privateKey: BOB_IDENTITY.privateKey,
  };
  const [, there] = await Promise.all([
    asAlice(alice, new Spending(), forged),
    rejection(asBob(bob, RIGHT)),
  ]);
  assertEquals(there.code, "PROTOCOL");
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("who introduces itself without a key is nobody in particular", async () => {
  const [alice, bob, listener] = await pair();
  await using _listener = listener;
  const send = bob.send.bind(bob);
  bob.send = (data) => {
    const message = parseCodeMessage(data as Uint8Array);
    return send(
      message?.step === "introduction"
        ? encodeCodeMessage({ step: "introduction" })
        : data,
    );
  };
  const [ofBob] = await within(
    "proof",
    Promise.all([asAlice(alice, new Spending()), asBob(bob, RIGHT)]),
  );
  assertEquals(ofBob, {});
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("there is no proof over a connection on which no key was shown", async () => {
  await using listener = await open(ALICE);
  const taken = next(listener);
  const bob = await connect(listener.methods, {
    nickname: "bob",
    tls: { pinnedKey: ALICE.spki },
  });
  const alice = await taken;
  const error = await rejection(asAlice(alice, new Spending()));
  assertEquals(error.code, "PROTOCOL");
  await Promise.all([alice.close(), bob.close()]);
});

Deno.test("waiting for a code ends when its time is over, when it is interrupted, and with the first guess", async () => {
  const { spki: ownKey } = ALICE;
  const options = { scalar: RIGHT, ownKey, identity: ALICE_IDENTITY };
  {
    await using listener = await open(ALICE);
    const waiting = firstWhoKnows(listener, { ...options, signal: NEVER }, 20);
    assertEquals((await rejection(waiting)).code, "TIMEOUT");
  }
  {
    await using listener = await open(ALICE);
    const stopping = new AbortController();
    const { signal } = stopping;
    const waiting = firstWhoKnows(listener, { ...options, signal }, 60_000);
    stopping.abort(new Error("stopped"));
    await assertRejects(() => waiting, Error, "stopped");
  }
  await using listener = await open(ALICE);
  const waiting = firstWhoKnows(
    listener,
    { ...options, signal: NEVER },
    60_000,
  );
  const idle = await dial(listener, MALLORY, ALICE);
  const bob = await dial(listener, BOB, ALICE);
  await within("proof", asBob(bob, RIGHT));
  const { connection, thumbprint } = await waiting;
  assertEquals(thumbprint, BOB_IDENTITY.thumbprint);
  // Whoever had not guessed yet is sent away.
  await within("end of the idle one", idle.closed);
  await Promise.all([connection.close(), bob.close()]);
});

Deno.test("while whoever has guessed wrong is being told, nobody else has a guess", async () => {
  // Whoever guesses wrong, and then neither reads nor closes, makes that last.
  await using listener = await open(ALICE, {});
  const waiting = rejection(firstWhoKnows(
    listener,
    {
      scalar: RIGHT,
      ownKey: ALICE.spki,
      identity: ALICE_IDENTITY,
      signal: NEVER,
    },
    60_000,
  ));
  const bob = await dial(listener, BOB, ALICE);
  const mallory = await dial(listener, MALLORY, ALICE);
  const { share } = beginProof("A", WRONG, {
    initiator: MALLORY.spki,
    responder: ALICE.spki,
  });
  await mallory.send(encodeCodeMessage({ step: "share", share }));
  assertEquals((await hear(mallory))?.step, "share");
  const confirmation = new Uint8Array(32);
  await mallory.send(encodeCodeMessage({ step: "confirmation", confirmation }));
  assertEquals((await hear(mallory))?.step, "refusal");

  const { reason } = await rejection(asBob(bob, RIGHT));
  assertEquals(reason, "the code has been used already: ask for a new one");
  await Promise.all([mallory.close(), bob.close()]);
  assertEquals(
    (await waiting).reason,
    "a wrong code was given, so the code is spent: start again for a new one",
  );
});

Deno.test("16 may be amid their proof, and whoever comes then is sent away", async () => {
  await using listener = await open(ALICE);
  const stopping = new AbortController();
  const options = {
    scalar: RIGHT,
    ownKey: ALICE.spki,
    identity: ALICE_IDENTITY,
    signal: stopping.signal,
  };
  const waiting = firstWhoKnows(listener, options, 60_000);
  const idle: Connection[] = [];
  for (let count = 0; count < 15; count++) {
    idle.push(await dial(listener, MALLORY, ALICE));
  }
  const bob = await dial(listener, BOB, ALICE);
  const late = await dial(listener, MALLORY, ALICE);
  await within("the end of the last one", late.closed);
  await within("proof", asBob(bob, RIGHT));
  const { connection } = await waiting;
  await Promise.all([connection, bob, ...idle].map((each) => each.close()));
});
